-- 収納の充当: every receipt with the claim it pays, or as an orphan when no claim is known.

with receipts as (

    {{ union_of('receipts', var('claim_sources')) }}

)

select
    receipts.source_code || ':' || receipts.source_receipt_key as receipt_id,
    claims.claim_id,
    case when claims.claim_id is null then 'orphan' else 'allocated' end as allocation_state,
    receipts.source_code,
    receipts.source_receipt_key,
    receipts.source_claim_key,
    receipts.claim_type,
    kind.owner_dept,
    receipts.paid_on,
    receipts.received_on,
    -- Where the department does not say: books of a year stay open to 31 May (地方自治法235条の5),
    -- and no receipt belongs to a year before its claim's.
    greatest(
        coalesce(receipts.accounting_year, {{ fiscal_year('receipts.received_on', closing_months=2) }}),
        claims.fiscal_year
    ) as accounting_year,
    receipts.principal_yen,
    receipts.delinquency_charge_yen,
    receipts.dunning_fee_yen,
    receipts.received_yen,
    receipts.channel_code,
    receipts.is_provisional,
    receipts.batch_id,
    receipts.line_no
from receipts
left join {{ ref('claim_types') }} as kind
    on receipts.claim_type = kind.claim_type
left join {{ ref('int_claims__unioned') }} as claims
    on
        receipts.source_code = claims.source_code
        and receipts.source_claim_key = claims.source_claim_key
