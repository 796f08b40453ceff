-- 軽自動車税（種別割）の調定: one row per instalment. Rename and type only; no law, no joins.

with instalments as (

    {{ known_rows(source('light_vehicle_tax', 'light_vehicle_tax__claims')) }}

)

select
    ---------- ids
    'light_vehicle_tax' as source_code,
    concat_ws('-', levy_year, tax_year, notice_no, lpad(instalment_no, 2, '0')) as source_claim_key,
    'light_vehicle_tax' as claim_type,
    addressee_no as source_debtor_key,

    ---------- what it is
    levy_year,
    levy_year as fiscal_year,
    notice_no,
    instalment_no::integer as instalment_no,
    due_date,

    ---------- yen
    assessed_yen,
    written_off_yen,
    written_off_on,

    ---------- a tax has no contract
    null::date as contract_date,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
