-- 一覧の突合: what ends within a year or is unknown is on the watch list with its yen; every line of a plan is in its plan
-- and is in exactly one state; a section dunned no more claims in time than in all, and no more than it had to.

with overdue as (

    select
        count(*) as claims,
        sum(overdue.outstanding_yen) as yen
    from {{ ref('fct_delinquencies') }} as overdue
    inner join {{ ref('fct_claims') }} as claims
        on overdue.claim_id = claims.claim_id
    where
        overdue.prescription_date_safe <= overdue.as_of + 365
        or overdue.prescription_state = 'unknown'
        or claims.standing <> 'stands'

),

listed as (

    select
        count(*) as claims,
        sum(outstanding_yen) as yen
    from {{ ref('wl_prescription') }}

),

told as (

    select
        count(*) as claims,
        coalesce(sum(events.amount_yen), 0) as yen
    from {{ ref('int_claim_events__unioned') }} as events
    inner join {{ ref('fct_claims') }} as claims
        on events.claim_id = claims.claim_id
    where
        events.event_type = 'plan_due'
        and events.event_date <= {{ as_of() }}

),

planned as (

    select
        coalesce(sum(line_count), 0) as claims,
        coalesce(sum(planned_yen), 0) as yen
    from {{ ref('wl_instalment_plans') }}

)

select 'prescription' as what
from overdue
cross join listed
where overdue.claims <> listed.claims or overdue.yen is distinct from listed.yen
union all
select 'plans'
from told
cross join planned
where told.claims <> planned.claims or told.yen <> planned.yen
union all
select plan_id
from {{ ref('wl_instalment_plans') }}
where
    kept_yen > due_yen or due_yen > planned_yen
    or in_time_count + late_count + missed_count + waiting_count > line_count
union all
select claim_type
from {{ ref('agg_dunning') }}
where on_time_count > dunned_count or dunned_count + returned_count > overdue_count
