-- Told once, and final.

with notices as (

    {{ known_rows(source('el_qr', 'el_qr__notices')) }}

)

select
    ---------- ids
    'el_qr' as source_code,
    case_no as notice_id,
    'announced' as kind,

    ---------- whose: the slip names no person
    left(slip_no, 2) as system_code,
    substr(slip_no, 3, 10) as slip_notice_no,
    right(slip_no, 2)::integer as slip_instalment_no,

    ---------- when and how much
    paid_on,
    noticed_on,
    null::date as remitted_on,
    null::date as remittance_deadline,
    paid_yen,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from notices
