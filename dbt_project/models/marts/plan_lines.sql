-- 分納の各期限: every line of a plan with what was paid towards it, by when it was paid and by when the books knew.
-- A part of wl_instalment_plans, no table of its own.

{{ config(materialized='ephemeral') }}

with limits as (

    select value as grace_days from {{ ref('work_list_thresholds') }}
    where threshold = 'plan_grace_days'

),

lines as (

    select
        *,
        claim_id || ':' || coalesce(document_no, event_date::text) as plan_id,
        sum(amount_yen) over (
            partition by claim_id, coalesce(document_no, event_date::text) order by until_on, event_id
        ) as up_to_yen
    from {{ ref('int_claim_events__unioned') }}
    where
        event_type = 'plan_due'
        and event_date <= {{ as_of() }}
        and claim_id is not null

),

-- What was paid towards it, told of by a channel and not in the books yet included: that has no received_on.
paid as (

    select
        claim_id,
        paid_on,
        case when not is_provisional then received_on end as received_on,
        received_yen as yen
    from {{ ref('int_receipts__allocated') }}
    where claim_id in (select lines.claim_id from lines)
    union all
    select
        claim_id,
        paid_on,
        null,
        paid_yen
    from {{ ref('int_payments__announced') }}
    where
        state = 'in_flight'
        and claim_id in (select lines.claim_id from lines)

),

judged as (

    select
        lines.event_id,
        lines.plan_id,
        lines.until_on as due_on,
        lines.amount_yen,
        lines.up_to_yen,
        {{ as_of() }} > lines.until_on as is_due,
        {{ as_of() }} > lines.until_on + limits.grace_days as is_over,
        coalesce(sum(paid.yen) filter (where paid.paid_on <= lines.until_on), 0) as in_time_yen,
        coalesce(sum(paid.yen) filter (
            where paid.paid_on <= lines.until_on and paid.received_on <= lines.until_on + limits.grace_days
        ), 0) as seen_yen,
        coalesce(sum(paid.yen), 0) as paid_yen
    from lines
    cross join limits
    left join paid
        on
            lines.claim_id = paid.claim_id
            and lines.event_date <= paid.paid_on
    group by lines.event_id, lines.plan_id, lines.until_on, lines.amount_yen, lines.up_to_yen, limits.grace_days

)

select * from judged
