-- 収納: one row per receipt; one whose claim is not known has no place in the standard's books.
select
    receipts.source_code,
    receipts.source_receipt_key as source_key,
    claims.claim_type,
    claims.levy_year,
    claims.fiscal_year,
    claims.notice_no,
    claims.instalment_no,
    claims.addressee_no,
    claims.child_no,
    claims.due_date,
    -- the standard's systems number receipts within the claim
    case
        when receipts.source_code in ('resident_tax', 'light_vehicle_tax', 'ltci')
            then regexp_replace(receipts.source_receipt_key, '^.*-', '')
        else receipts.source_receipt_key
    end as receipt_no,
    greatest(
        coalesce(
            receipts.accounting_year,
            extract(year from receipts.received_on - interval '5 months')::integer -- books stay open to 31 May (地方自治法235条の5)
        ),
        claims.fiscal_year
    ) as accounting_year,
    receipts.principal_yen,
    receipts.delinquency_charge_yen,
    receipts.dunning_fee_yen,
    case when receipts.is_provisional then '1' else '0' end as provisional_code,
    receipts.channel_code,
    receipts.paid_on,
    receipts.received_on,
    case when claims.source_claim_key is null then 'ORPHAN_RECEIPT' end as left_behind,
    null::text as broken,
    receipts.principal_yen as of_principal_yen,
    receipts.delinquency_charge_yen as of_delinquency_charge_yen,
    receipts.dunning_fee_yen as of_dunning_fee_yen
from {receipts} as receipts
left join claim_keys as claims
    on
        receipts.source_code = claims.source_code
        and receipts.source_claim_key = claims.source_claim_key
