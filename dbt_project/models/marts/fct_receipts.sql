-- 収納: every receipt, with the claim it pays; an orphan (該当債権なし) keeps its yen and its source's owner.

with owners as (

    select
        source_code,
        min(owner_dept) as owner_dept
    from {{ ref('int_claims__unioned') }}
    group by source_code

)

select
    receipts.receipt_id,
    receipts.claim_id,
    receipts.allocation_state,
    receipts.source_code,
    owners.owner_dept,
    receipts.source_claim_key,
    receipts.paid_on,
    receipts.received_on,
    receipts.accounting_year,
    receipts.principal_yen,
    receipts.delinquency_charge_yen,
    receipts.dunning_fee_yen,
    receipts.received_yen,
    receipts.channel_code,
    receipts.is_provisional,
    receipts.batch_id,
    receipts.line_no,
    {{ batch_columns() }}
from {{ ref('int_receipts__allocated') }} as receipts
left join owners
    on receipts.source_code = owners.source_code
