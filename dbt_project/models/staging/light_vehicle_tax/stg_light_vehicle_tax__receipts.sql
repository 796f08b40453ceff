-- 軽自動車税（種別割）の収納履歴: one row per receipt. Rename and type only; no law, no joins.

with receipts as (

    {{ known_rows(source('light_vehicle_tax', 'light_vehicle_tax__receipts')) }}

),

keyed as (

    select
        *,
        concat_ws('-', levy_year, tax_year, notice_no, lpad(instalment_no, 2, '0')) as source_claim_key
    from receipts

)

select
    ---------- ids
    'light_vehicle_tax' as source_code,
    concat_ws('-', source_claim_key, receipt_no) as source_receipt_key,
    source_claim_key,
    'light_vehicle_tax' as claim_type,

    ---------- dates
    paid_on,
    received_on,
    accounting_year,

    ---------- yen
    principal_yen,
    delinquency_charge_yen,
    dunning_fee_yen,
    principal_yen + delinquency_charge_yen + dunning_fee_yen as received_yen,

    ---------- how it came
    channel_code,
    provisional_code = '1' as is_provisional,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from keyed
