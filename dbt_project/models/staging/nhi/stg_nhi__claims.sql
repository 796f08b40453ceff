-- 国民健康保険料の調定: one row per instalment. Rename and type only; no law, no joins.

with instalments as (

    {{ known_rows(source('nhi', 'nhi__claims')) }}

)

select
    ---------- ids
    'nhi' as source_code,
    concat_ws('-', notice_no, lpad(instalment_no, 2, '0')) as source_claim_key,
    'nhi_premium' as claim_type,
    addressee_no as source_debtor_key,

    ---------- what it is: the premium's own year is the year of its revenue
    levy_year,
    premium_year as fiscal_year,
    notice_no,
    instalment_no::integer as instalment_no,
    due_date,

    ---------- yen
    assessed_yen,
    written_off_yen,
    written_off_on,

    ---------- a premium has no contract
    null::date as contract_date,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
