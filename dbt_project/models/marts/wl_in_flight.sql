-- 入金途上の一覧: payments told of and not booked, the oldest first; late remittances of agents are marked.

select
    payment_id,
    channel,
    claim_id,
    claim_type,
    owner_dept,
    state,
    paid_on,
    announced_on,
    {{ as_of() }} - announced_on as waiting_days,
    remittance_deadline,
    -- 指定納付受託者 who pay over after the deadline: the day of entrustment no longer counts (地方自治法231条の2の5第3項)
    coalesce(coalesce(remitted_on, {{ as_of() }}) > remittance_deadline, false) as is_remitted_late,
    paid_yen,
    {{ batch_columns() }}
from {{ ref('int_payments__announced') }}
where state in ('in_flight', 'orphan')
