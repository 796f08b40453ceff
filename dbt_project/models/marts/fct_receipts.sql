-- 収納: every receipt, with the claim it pays; an orphan (該当債権なし) keeps its yen and its owner.

{{ config(indexes=[{'columns': ['receipt_id'], 'unique': true}, {'columns': ['claim_id']}]) }}

select
    receipt_id,
    claim_id,
    allocation_state,
    source_code,
    source_claim_key,
    claim_type,
    owner_dept,
    paid_on,
    received_on,
    accounting_year,
    principal_yen,
    delinquency_charge_yen,
    dunning_fee_yen,
    received_yen,
    channel_code,
    is_provisional,
    batch_id,
    line_no,
    {{ batch_columns() }}
from {{ ref('int_receipts__allocated') }}
