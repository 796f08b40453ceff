-- 生活保護費返還金・徴収金の収納: one row per receipt. Rename and type only; no law, no joins.

with receipts as (

    {{ known_rows(source('welfare_refund', 'welfare_refund__receipts')) }}

)

select
    ---------- ids
    'welfare_refund' as source_code,
    receipt_no as source_receipt_key,
    concat_ws('-', decision_no, split_seq, lpad(instalment_no::text, 2, '0')) as source_claim_key,
    case article_code when '63' then 'seiho_refund_63' when '78' then 'seiho_collection_78' end as claim_type,

    ---------- dates; the ledger does not say the accounting year
    paid_on,
    received_on,
    null::integer as accounting_year,

    ---------- yen: no late charge is known
    received_yen as principal_yen,
    0::bigint as delinquency_charge_yen,
    0::bigint as dunning_fee_yen,
    received_yen,

    ---------- how it came
    channel_code,
    provisional_code = '1' as is_provisional,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from receipts
