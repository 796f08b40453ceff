-- Entrusted counts as paid on that day, if the agent pays over in time (地方自治法231条の2の5第3項).

with notices as (

    {{ known_rows(source('payment_agent', 'payment_agent__reports')) }}

)

select
    ---------- ids
    'payment_agent' as source_code,
    transaction_no as notice_id,
    'announced' as kind,

    ---------- whose: the slip names no person
    left(slip_no, 2) as system_code,
    substr(slip_no, 3, 10) as slip_notice_no,
    right(slip_no, 2)::integer as slip_instalment_no,

    ---------- when and how much
    entrusted_on as paid_on,
    noticed_on,
    remitted_on,
    remittance_deadline,
    paid_yen,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from notices
