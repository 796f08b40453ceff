-- 振替済 is money on its way; 振替不能 is none.

with notices as (

    {{ known_rows(source('bank_debit', 'bank_debit__results')) }}

)

select
    ---------- ids
    'bank_debit' as source_code,
    claim_no || '-' || to_char(withdrawn_on, 'YYYYMMDD') as notice_id,
    case when result_code = '0' then 'announced' else 'failed' end as kind,

    ---------- whose: the slip names no person
    left(left(claim_no, 14), 2) as system_code,
    substr(left(claim_no, 14), 3, 10) as slip_notice_no,
    right(left(claim_no, 14), 2)::integer as slip_instalment_no,

    ---------- when and how much
    withdrawn_on as paid_on,
    _known_from as noticed_on,
    null::date as remitted_on,
    null::date as remittance_deadline,
    requested_yen as paid_yen,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from notices
