-- 調定: one row per instalment of the sources, with everything a map may take from it.
with paid as (

    select
        source_code,
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
    from {receipts} as receipts
    group by source_code, source_claim_key

),

parts as (

    select
        source_code,
        source_claim_key,
        (sum(assessed_yen) filter (where component_code = 'medical'))::bigint as medical_yen,
        (sum(assessed_yen) filter (where component_code = 'support'))::bigint as support_yen,
        (sum(assessed_yen) filter (where component_code = 'care'))::bigint as care_yen
    from {parts} as components
    group by source_code, source_claim_key

)

select
    claims.source_code,
    claims.source_claim_key as source_key,
    claims.claim_type,
    claims.levy_year,
    claims.fiscal_year,
    claims.notice_no,
    claims.instalment_no,
    claims.addressee_no,
    claims.child_no,
    claims.vehicle_no,
    claims.due_date,
    balances.assessed_yen,
    parts.medical_yen,
    parts.support_yen,
    parts.care_yen,
    balances.written_off_yen,
    claims.written_off_on,
    claims.write_off_code,
    coalesce(paid.received_principal_yen, 0) as received_principal_yen,
    coalesce(paid.provisional_principal_yen, 0) as provisional_principal_yen,
    coalesce(paid.received_charge_yen, 0) as received_charge_yen,
    coalesce(paid.provisional_charge_yen, 0) as provisional_charge_yen,
    coalesce(paid.received_fee_yen, 0) as received_fee_yen,
    coalesce(paid.provisional_fee_yen, 0) as provisional_fee_yen,
    coalesce(paid.received_total_yen, 0) as received_total_yen,
    paid.last_received_on,
    paid.last_paid_on,
    null::text as left_behind,
    case when balances.claim_id is null then 'NO_BALANCE' end as broken,
    claims.assessed_yen as of_assessed_yen,
    claims.written_off_yen as of_written_off_yen
from claim_keys as claims
left join intermediate.int_claims__balances as balances
    on
        claims.source_code = balances.source_code
        and claims.source_claim_key = balances.source_claim_key
left join parts
    on
        claims.source_code = parts.source_code
        and claims.source_claim_key = parts.source_claim_key
left join paid
    on
        claims.source_code = paid.source_code
        and claims.source_claim_key = paid.source_claim_key
