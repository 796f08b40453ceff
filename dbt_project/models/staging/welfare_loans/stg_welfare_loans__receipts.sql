-- 福祉資金の入金: one row per instalment that has a payment beside it in the ledger.

with instalments as (

    {{ known_rows(source('welfare_loans', 'welfare_loans__instalments')) }}

)

select
    ---------- ids: the ledger keeps one payment per instalment
    'welfare_loans' as source_code,
    concat_ws('-', loan_no, lpad(instalment_no::text, 3, '0')) as source_receipt_key,
    concat_ws('-', loan_no, lpad(instalment_no::text, 3, '0')) as source_claim_key,
    case fund_code
        when '11' then 'women_welfare_loan'
        when '21' then 'emergency_small_loan'
        when '22' then 'single_mother_emergency_loan'
        when '31' then 'resident_business_loan'
    end as claim_type,

    ---------- dates
    paid_on,
    paid_on as received_on,
    null::integer as accounting_year,

    ---------- yen: the ledger knows the principal only
    received_yen as principal_yen,
    0::bigint as delinquency_charge_yen,
    0::bigint as dunning_fee_yen,
    received_yen,

    ---------- how it came: not recorded, and never provisional
    null::text as channel_code,
    false as is_provisional,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
where received_yen <> 0
