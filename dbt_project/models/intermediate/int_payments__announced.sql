-- 納付の速報: every payment a channel told of, the claim it pays, and whether the department shows it yet.

{{ config(indexes=[{'columns': ['claim_id']}]) }}

with notices as (

    {{ union_of('notices', var('channel_sources')) }}

),

payments as (

    select
        source_code as channel,
        notice_id,
        min(system_code) as system_code,
        min(slip_notice_no) as slip_notice_no,
        min(slip_instalment_no) as slip_instalment_no,
        min(paid_on) as paid_on,
        min(noticed_on) as announced_on,
        max(remitted_on) as remitted_on,
        max(remittance_deadline) as remittance_deadline,
        max(paid_yen) as paid_yen,
        bool_or(kind = 'cancelled') as is_cancelled,
        bool_or(kind = 'failed') as is_failed,
        min(batch_id) as batch_id,
        min(line_no) as line_no
    from notices
    group by source_code, notice_id

),

claimed as (

    select
        payments.*,
        systems.source_code,
        claims.claim_id,
        claims.claim_type,
        claims.owner_dept
    from payments
    left join {{ ref('system_codes') }} as systems
        on payments.system_code = systems.system_code
    left join {{ ref('int_claims__unioned') }} as claims
        on
            systems.source_code = claims.source_code
            and payments.slip_notice_no = lpad(claims.notice_no::text, 10, '0')
            and payments.slip_instalment_no = claims.instalment_no::integer

),

-- The department's own rows, 速報 included: what it shows itself is not counted a second time.
shown as (

    select
        claim_id,
        paid_on,
        received_yen as paid_yen,
        bool_and(is_provisional) as is_provisional,
        min(received_on) filter (where not is_provisional) as received_on
    from {{ ref('int_receipts__allocated') }}
    where claim_id in (select claimed.claim_id from claimed)
    group by claim_id, paid_on, received_yen

)

select
    claimed.channel || ':' || claimed.notice_id as payment_id,
    claimed.channel,
    claimed.claim_id,
    claimed.source_code,
    claimed.claim_type,
    claimed.owner_dept,
    claimed.paid_on,
    claimed.announced_on,
    claimed.remitted_on,
    claimed.remittance_deadline,
    shown.received_on,
    claimed.paid_yen,
    case
        when claimed.is_failed then 'failed' -- 振替不能: no money came
        when claimed.is_cancelled then 'cancelled' -- 取消: the money went back
        when claimed.claim_id is null then 'orphan' -- 不明: no such claim is known, or not yet
        when shown.received_on is not null then 'booked' -- 消込済
        when shown.is_provisional then 'shown' -- 速報 that the department shows itself (仮消)
        else 'in_flight' -- 入金途上
    end as state,
    claimed.batch_id,
    claimed.line_no
from claimed
left join shown
    on
        claimed.claim_id = shown.claim_id
        and claimed.paid_on = shown.paid_on
        and claimed.paid_yen = shown.paid_yen
