-- 督促の状況: of claims still open on the day after the limit for the letter, how many were dunned, and how many in time
-- (地方税法329条1項: twenty days; where the law names none, the days of the ward's own). A late letter is valid.

with claims as (

    select
        balances.claim_id,
        balances.owner_dept,
        balances.claim_type,
        balances.fiscal_year,
        balances.due_date,
        balances.assessed_yen,
        coalesce(letters.within_days, limits.value) as within_days,
        balances.due_date + coalesce(letters.within_days, limits.value) as limit_on,
        case
            when balances.written_off_on <= balances.due_date + coalesce(letters.within_days, limits.value)
                then balances.written_off_yen
            else 0
        end as written_off_yen
    from {{ ref('int_claims__balances') }} as balances
    inner join {{ ref('work_list_thresholds') }} as limits
        on limits.threshold = 'dunning_within_days'
    left join {{ ref('claim_types') }} as kinds
        on balances.claim_type = kinds.claim_type
    left join {{ ref('dunning_rules') }} as letters
        on kinds.dunning_rule = letters.rule_id
    where
        balances.due_date + coalesce(letters.within_days, limits.value) < {{ as_of() }}
        -- what was paid by the limit and owes nothing needs no look at its receipts
        and (
            balances.outstanding_yen > 0
            or balances.written_off_yen > 0
            or balances.last_paid_on > balances.due_date + coalesce(letters.within_days, limits.value)
        )

),

paid as (

    select
        claims.claim_id,
        sum(receipts.principal_yen) as paid_yen
    from claims
    inner join {{ ref('int_receipts__allocated') }} as receipts
        on
            claims.claim_id = receipts.claim_id
            and claims.limit_on >= receipts.paid_on
    group by claims.claim_id

),

acts as (

    select
        claims.claim_id,
        min(events.issued_on) filter (where events.event_type = 'dunned') as dunned_on,
        bool_or(events.event_type = 'dunning_returned') as is_returned,
        -- 猶予した徴収金 is not dunned (地方税法329条2項)
        bool_or(
            events.event_type in ('deferral', 'conversion_deferral')
            and events.event_date <= claims.limit_on
            and coalesce(events.until_on >= claims.limit_on, true)
        ) as is_deferred
    from claims
    inner join {{ ref('int_claim_events__unioned') }} as events
        on claims.claim_id = events.claim_id
    where
        events.event_type in ('dunned', 'dunning_returned', 'deferral', 'conversion_deferral')
        and events.event_date <= {{ as_of() }}
    group by claims.claim_id

),

overdue as (

    select
        claims.*,
        acts.dunned_on,
        coalesce(acts.is_returned, false) as is_returned
    from claims
    left join paid
        on claims.claim_id = paid.claim_id
    left join acts
        on claims.claim_id = acts.claim_id
    where
        claims.assessed_yen - claims.written_off_yen > coalesce(paid.paid_yen, 0)
        and not coalesce(acts.is_deferred, false)

)

select
    owner_dept,
    claim_type,
    fiscal_year,
    to_char(due_date, 'YYYY-MM') as due_month,
    min(within_days)::integer as within_days,
    count(*)::integer as overdue_count,
    count(dunned_on)::integer as dunned_count,
    (count(*) filter (where dunned_on <= limit_on))::integer as on_time_count,
    (count(*) filter (where is_returned and dunned_on is null))::integer as returned_count,
    round(100.0 * count(dunned_on) / count(*), 2) as coverage_rate,
    round(100.0 * count(*) filter (where dunned_on <= limit_on) / count(*), 2) as on_time_rate,
    {{ batch_columns() }}
from overdue
group by owner_dept, claim_type, fiscal_year, to_char(due_date, 'YYYY-MM')
