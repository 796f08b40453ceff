-- 分納の一覧: every plan of a claim by its lines: paid in time, late, missed; and whether the break was the ward's own, with
-- money paid in time that reached the books only after the days of grace.

with signed as (

    select distinct on (claim_id, coalesce(document_no, event_date::text))
        claim_id,
        document_no,
        event_date as signed_on,
        claim_id || ':' || coalesce(document_no, event_date::text) as plan_id
    from {{ ref('int_claim_events__unioned') }}
    where
        event_type in ('instalment_plan', 'plan_due')
        and event_date <= {{ as_of() }}
    order by claim_id, coalesce(document_no, event_date::text), event_date

),

broken as (

    select
        signed.plan_id,
        min(acts.event_date) as recorded_broken_on
    from signed
    inner join {{ ref('int_claim_events__unioned') }} as acts
        on
            signed.claim_id = acts.claim_id
            and coalesce(signed.document_no = acts.document_no, signed.signed_on <= acts.event_date)
    where
        acts.event_type = 'plan_broken'
        and acts.event_date <= {{ as_of() }}
    group by signed.plan_id

),

counted as (

    select
        plan_id,
        count(*)::integer as line_count,
        sum(amount_yen)::bigint as planned_yen,
        coalesce(sum(amount_yen) filter (where is_due), 0)::bigint as due_yen,
        coalesce(
            sum(greatest(least(in_time_yen, up_to_yen) - up_to_yen + amount_yen, 0)) filter (where is_due), 0
        )::bigint as kept_yen,
        (count(*) filter (where is_due and in_time_yen >= up_to_yen))::integer as in_time_count,
        (count(*) filter (where is_due and in_time_yen < up_to_yen and paid_yen >= up_to_yen))::integer as late_count,
        (count(*) filter (where is_over and paid_yen < up_to_yen))::integer as missed_count,
        (count(*) filter (where is_due and not is_over and paid_yen < up_to_yen))::integer as waiting_count,
        (count(*) filter (where is_over and in_time_yen >= up_to_yen and seen_yen < up_to_yen))::integer
            as unseen_count,
        (count(*) filter (where is_due and in_time_yen < up_to_yen))::integer as not_in_time_count,
        min(due_on) filter (where not is_due and paid_yen < up_to_yen) as next_due_on,
        bool_and(paid_yen >= up_to_yen) as is_finished
    from {{ ref('plan_lines') }}
    group by plan_id

)

select
    ---------- ids
    signed.plan_id,
    signed.document_no as plan_no,
    signed.claim_id,
    claims.source_code,
    claims.claim_type,
    claims.legal_class,
    claims.owner_dept,
    claims.debtor_id,

    ---------- 履行の状況: a break that the section wrote down counts only if something was not paid in time
    signed.signed_on,
    case
        when counted.line_count is null then 'unknown'
        when counted.missed_count > 0 then 'broken'
        when broken.recorded_broken_on is not null and counted.not_in_time_count > 0 then 'broken'
        when counted.unseen_count > 0 or broken.recorded_broken_on is not null then 'broken_by_our_data'
        else 'kept'
    end as plan_state,
    broken.recorded_broken_on,
    coalesce(counted.is_finished, false) as is_finished,
    signed.signed_on = max(signed.signed_on) over (partition by signed.claim_id) as is_latest,
    coalesce(counted.line_count, 0) as line_count,
    coalesce(counted.in_time_count, 0) as in_time_count,
    coalesce(counted.unseen_count, 0) as unseen_count,
    coalesce(counted.late_count, 0) as late_count,
    coalesce(counted.waiting_count, 0) as waiting_count,
    coalesce(counted.missed_count, 0) as missed_count,
    counted.next_due_on,

    ---------- 一部履行の度合い
    coalesce(counted.planned_yen, 0) as planned_yen,
    coalesce(counted.due_yen, 0) as due_yen,
    coalesce(counted.kept_yen, 0) as kept_yen,
    (1000 * counted.kept_yen / nullif(counted.due_yen, 0))::integer as kept_permille,
    claims.outstanding_yen,
    {{ batch_columns() }}
from signed
inner join {{ ref('fct_claims') }} as claims
    on signed.claim_id = claims.claim_id
left join counted
    on signed.plan_id = counted.plan_id
left join broken
    on signed.plan_id = broken.plan_id
