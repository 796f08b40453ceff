-- 後期高齢者医療保険料の調定: one row per instalment. Rename and type only; no law, no joins.

with instalments as (

    {{ known_rows(source('latter_stage', 'latter_stage__claims')) }}

)

select
    ---------- ids
    'latter_stage' as source_code,
    concat_ws('-', notice_no, lpad(instalment_no, 2, '0')) as source_claim_key,
    'latter_stage_medical_premium' as claim_type,
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

    ---------- a premium has no contract
    null::date as contract_date,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
