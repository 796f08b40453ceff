-- ${title}の収納: one row per receipt. Rename and type only; no law, no joins.

with receipts as (

    {{ known_rows(source('${source}', '${receipts_table}')) }}

)

select
    ---------- ids
    '${source}' as source_code,
    ${receipt_key} as source_receipt_key,
    ${receipt_claim_key} as source_claim_key,
    '${claim_type}' as claim_type,

    ---------- dates
    ${paid_on} as paid_on,
    ${received_on} as received_on,
    ${accounting_year} as accounting_year,

    ---------- yen
    ${principal} as principal_yen,
    ${charge} as delinquency_charge_yen,
    ${fee} as dunning_fee_yen,
    ${received} as received_yen,

    ---------- how it came
    ${channel} as channel_code,
    ${provisional} as is_provisional,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from receipts
${receipts_where}
