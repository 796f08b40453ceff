-- 速報, 確報, 取消 of shops: a cancelled payment never comes.

with notices as (

    {{ known_rows(source('convenience', 'convenience__notices')) }}

)

select
    ---------- ids
    'convenience' as source_code,
    receipt_no as notice_id,
    case kind_code when '1' then 'announced' when '2' then 'final' else 'cancelled' end as kind,

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
