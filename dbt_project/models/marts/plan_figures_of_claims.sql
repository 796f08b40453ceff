-- 五つの柱の計数（債権）: numerators and denominators from claims and letters. A part of agg_plan_pillars, no table of its own.

{{ config(materialized='ephemeral') }}

with collection as (

    select
        sum(rate_numerator_yen) as collected_yen,
        sum(rate_denominator_yen) as assessed_yen
    from {{ ref('agg_collection') }}
    where
        collection_category = 'current'
        and fiscal_year = {{ fiscal_year(as_of()) }}
        and month = to_char({{ as_of() }}, 'YYYY-MM')

),

letters as (

    select
        sum(overdue_count) as overdue,
        sum(dunned_count) as dunned,
        sum(on_time_count) as in_time
    from {{ ref('agg_dunning') }}
    where due_month >= to_char({{ as_of() }} - interval '1 year', 'YYYY-MM')

),

acts as (

    select
        claim_id,
        bool_or(event_type = 'judgment') as has_title,
        max(event_date) filter (where event_type = 'entrusted')
        > coalesce(max(event_date) filter (where event_type = 'returned'), '-infinity') as is_entrusted,
        count(*) filter (
            where event_type = 'referred_to_support' and event_date >= make_date({{ fiscal_year(as_of()) }}, 4, 1)
        ) as referred
    from {{ ref('int_claim_events__unioned') }}
    where
        event_type in ('judgment', 'entrusted', 'returned', 'referred_to_support')
        and event_date <= {{ as_of() }}
    group by claim_id

),

limits as (

    select
        max(value) filter (where threshold = 'consult_after_days') as consult_days,
        max(value) filter (where threshold = 'dunning_within_days') as dunning_days
    from {{ ref('work_list_thresholds') }}

),

overdue as (

    select
        overdue.outstanding_yen,
        overdue.dunned_on is null and overdue.days_overdue > limits.dunning_days as is_undunned,
        overdue.legal_class = 'private'
        and acts.has_title is not true
        and overdue.as_of - overdue.dunned_on > limits.consult_days as is_to_consult
    from {{ ref('fct_delinquencies') }} as overdue
    cross join limits
    left join acts
        on overdue.claim_id = acts.claim_id

),

arrears as (

    select
        sum(outstanding_yen) as yen,
        count(*) filter (where is_undunned) as undunned,
        sum(outstanding_yen) filter (where is_undunned) as undunned_yen,
        count(*) filter (where is_to_consult) as to_consult,
        sum(outstanding_yen) filter (where is_to_consult) as to_consult_yen
    from overdue

),

cases as (

    select
        count(*) filter (where is_entrusted) as entrusted,
        sum(referred) as referred
    from acts

)

select
    figure.indicator,
    coalesce(figure.numerator, 0) as numerator,
    figure.denominator
from collection
cross join letters
cross join arrears
cross join cases
cross join lateral (
    values
    ('collection_rate_current', collection.collected_yen, collection.assessed_yen),
    ('uncollected', arrears.yen, null),
    ('undunned_claims', arrears.undunned, null),
    ('undunned_yen', arrears.undunned_yen, null),
    ('claims_to_consult', arrears.to_consult, null),
    ('claims_to_consult_yen', arrears.to_consult_yen, null),
    ('dunned_at_all', letters.dunned, coalesce(letters.overdue, 0)),
    ('dunned_in_time', letters.in_time, coalesce(letters.overdue, 0)),
    ('entrusted_claims', cases.entrusted, null),
    ('referred_to_support', cases.referred, null)
) as figure (indicator, numerator, denominator)
