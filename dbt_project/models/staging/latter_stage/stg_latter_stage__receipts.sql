-- 後期高齢者医療保険料の収納: one row per receipt. Rename and type only; no law, no joins.

with receipts as (

    {{ known_rows(source('latter_stage', 'latter_stage__receipts')) }}

)

select
    ---------- ids
    'latter_stage' as source_code,
    receipt_no as source_receipt_key,
    concat_ws('-', notice_no, lpad(instalment_no, 2, '0')) as source_claim_key,
    'latter_stage_medical_premium' as claim_type,

    ---------- dates; the extract does not say the accounting year
    paid_on,
    received_on,
    null::integer as accounting_year,

    ---------- yen
    principal_yen,
    delinquency_charge_yen,
    0::bigint as dunning_fee_yen, -- none is charged
    principal_yen + delinquency_charge_yen as received_yen,

    ---------- how it came
    channel_code,
    provisional_code = '1' as is_provisional,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from receipts
