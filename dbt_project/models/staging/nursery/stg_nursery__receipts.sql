-- 保育所保育料の収納: one row per receipt. Rename and type only; no law, no joins.

with receipts as (

    {{ known_rows(source('nursery', 'nursery__receipts')) }}

)

select
    ---------- ids
    'nursery' as source_code,
    receipt_no as source_receipt_key,
    concat_ws('-', notice_no, lpad(instalment_no::text, 2, '0')) as source_claim_key,
    'nursery_fee' as claim_type,

    ---------- dates
    paid_on,
    received_on,
    accounting_year,

    ---------- yen; no 督促手数料 is charged
    principal_yen,
    delinquency_charge_yen,
    0::bigint as dunning_fee_yen,
    received_yen,

    ---------- how it came
    channel_code,
    provisional_code = '1' as is_provisional,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from receipts
