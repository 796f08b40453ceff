-- 区営住宅使用料の入金: one row per month that has a payment beside it in the sheet.

select
    ---------- ids: the sheet keeps one payment a month
    'ward_housing' as source_code,
    source_claim_key as source_receipt_key,
    source_claim_key,
    'ward_housing_rent' as claim_type,

    ---------- dates: paid to the manager, who takes it for the ward (地方自治法243条の2の4第3項)
    paid_on,
    paid_on as received_on,
    null::integer as accounting_year,

    ---------- yen: the sheet knows the principal only
    received_yen as principal_yen,
    0::bigint as delinquency_charge_yen,
    0::bigint as dunning_fee_yen,
    received_yen,

    ---------- how it came: not recorded, and never provisional
    null::text as channel_code,
    false as is_provisional,

    ---------- provenance
    batch_id,
    line_no
from {{ ref('stg_ward_housing__months') }}
where received_yen <> 0
