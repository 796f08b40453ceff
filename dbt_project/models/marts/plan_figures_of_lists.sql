-- 五つの柱の計数（一覧・取込）: numerators and denominators from work lists and loads. A part of agg_plan_pillars, no table.

{{ config(materialized='ephemeral') }}

with stays as (

    select
        count(*) filter (where status = 'candidate') as candidates,
        count(*) filter (where status = 'running') as running,
        sum(outstanding_yen) filter (where status = 'running') as running_yen
    from {{ ref('wl_execution_stay') }}

),

plans as (

    select
        count(*) filter (where plan_state <> 'unknown') as judged,
        count(*) filter (where plan_state in ('kept', 'broken_by_our_data')) as kept
    from {{ ref('wl_instalment_plans') }}
    where is_latest and not is_finished

),

ending as (

    select sum(at_risk_yen) as yen from {{ ref('wl_prescription') }}
    where band = '0-90'

),

write_offs as (

    select
        sum(claim_count) as claims,
        sum(claim_count) filter (where cause = 'unknown') as of_unknown_cause
    from {{ ref('agg_write_offs') }}

),

kinds as (

    select
        debtor_id,
        count(distinct claim_type) as kinds
    from {{ ref('fct_delinquencies') }}
    where debtor_id is not null
    group by debtor_id

),

debtors as (

    select count(*) filter (where kinds >= 3) as of_several_kinds from kinds

),

loads as (

    select
        count(distinct source) as sources,
        sum(quarantined_rows) filter (where business_date = {{ as_of() }}) as quarantined,
        sum(quarantined_rows + accepted_rows) filter (where business_date = {{ as_of() }}) as rows_told
    from {{ source('ops', 'load') }}
    where state = 'loaded' and business_date <= {{ as_of() }}

),

rules as (

    select count(*) filter (where basis = 'configuration') as to_confirm from {{ ref('claim_types') }}

)

select
    figure.indicator,
    coalesce(figure.numerator, 0) as numerator,
    figure.denominator
from stays, plans, ending, write_offs, debtors, loads, rules, lateral (
    values
    ('stay_candidates', stays.candidates, null),
    ('stays_running', stays.running, null),
    ('stays_running_yen', stays.running_yen, null),
    ('plans_kept', plans.kept, plans.judged),
    ('prescribed_within_90_days_yen', ending.yen, null),
    ('write_offs_of_unknown_cause', write_offs.of_unknown_cause, coalesce(write_offs.claims, 0)),
    ('debtors_of_several_kinds', debtors.of_several_kinds, null),
    ('sources_loaded', loads.sources, null),
    ('quarantined_rows', loads.quarantined, coalesce(loads.rows_told, 0)),
    ('rules_to_confirm', rules.to_confirm, null)
) as figure (indicator, numerator, denominator)
