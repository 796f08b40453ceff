-- ${title}の収納: one row per payment that stands beside an instalment.

with instalments as (

    {{ known_rows(source('${source}', '${table}')) }}

)

select
    ---------- ids
    '${source}' as source_code,
    ${key} as source_receipt_key,
    ${key} as source_claim_key,
    '${claim_type}' as claim_type,

    ---------- dates
    ${paid_on} as paid_on,
    ${received_on} as received_on,
    ${accounting_year} as accounting_year,

    ---------- yen
    ${received_yen} as principal_yen,
    0::bigint as delinquency_charge_yen,
    0::bigint as dunning_fee_yen,
    ${received_yen} as received_yen,

    ---------- how it came
    ${channel_code} as channel_code,
    false as is_provisional,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
where ${is_paid}
