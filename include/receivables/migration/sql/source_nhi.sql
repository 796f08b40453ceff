-- 移行元: one row per health insurance instalment, with everything a map may take from it.
with receipts as (

    select
        source_claim_key,
        coalesce(sum(principal_yen) filter (where not is_provisional), 0)::bigint as received_principal_yen,
        coalesce(sum(principal_yen) filter (where is_provisional), 0)::bigint as provisional_principal_yen,
        coalesce(sum(delinquency_charge_yen) filter (where not is_provisional), 0)::bigint as received_charge_yen,
        coalesce(sum(delinquency_charge_yen) filter (where is_provisional), 0)::bigint as provisional_charge_yen,
        coalesce(sum(dunning_fee_yen) filter (where not is_provisional), 0)::bigint as received_fee_yen,
        coalesce(sum(dunning_fee_yen) filter (where is_provisional), 0)::bigint as provisional_fee_yen,
        sum(received_yen)::bigint as received_total_yen,
        max(received_on) filter (where not is_provisional) as last_received_on,
        max(paid_on) filter (where not is_provisional) as last_paid_on
    from staging.stg_nhi__receipts
    group by source_claim_key

),

parts as (

    select
        source_claim_key,
        (sum(assessed_yen) filter (where component_code = 'medical'))::bigint as medical_yen,
        (sum(assessed_yen) filter (where component_code = 'support'))::bigint as support_yen,
        (sum(assessed_yen) filter (where component_code = 'care'))::bigint as care_yen
    from staging.stg_nhi__claim_components
    group by source_claim_key

)

select
    claims.source_claim_key as source_key,
    claims.claim_type,
    claims.levy_year,
    claims.fiscal_year,
    claims.notice_no,
    claims.instalment_no,
    claims.source_debtor_key as addressee_no,
    claims.due_date,
    balances.assessed_yen,
    parts.medical_yen,
    parts.support_yen,
    parts.care_yen,
    balances.written_off_yen,
    claims.written_off_on,
    coalesce(receipts.received_principal_yen, 0) as received_principal_yen,
    coalesce(receipts.provisional_principal_yen, 0) as provisional_principal_yen,
    coalesce(receipts.received_charge_yen, 0) as received_charge_yen,
    coalesce(receipts.provisional_charge_yen, 0) as provisional_charge_yen,
    coalesce(receipts.received_fee_yen, 0) as received_fee_yen,
    coalesce(receipts.provisional_fee_yen, 0) as provisional_fee_yen,
    coalesce(receipts.received_total_yen, 0) as received_total_yen,
    receipts.last_received_on,
    receipts.last_paid_on,
    balances.claim_id is not null as has_balance,
    claims.assessed_yen as ledger_assessed_yen,
    claims.written_off_yen as ledger_written_off_yen
from staging.stg_nhi__claims as claims
left join intermediate.int_claims__balances as balances
    on
        balances.source_code = 'nhi'
        and claims.source_claim_key = balances.source_claim_key
left join parts on claims.source_claim_key = parts.source_claim_key
left join receipts on claims.source_claim_key = receipts.source_claim_key
