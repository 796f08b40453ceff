-- ${title}の調定: one row per instalment. Rename and type only; no law, no joins.

with instalments as (

    {{ known_rows(source('${source}', '${claims_table}')) }}

)

select
    ---------- ids
    '${source}' as source_code,
    ${claim_key} as source_claim_key,
    '${claim_type}' as claim_type,
    ${debtor} as source_debtor_key,

    ---------- what it is
    ${levy_year} as levy_year,
    ${fiscal_year} as fiscal_year,
    ${notice} as notice_no,
    ${instalment} as instalment_no,
    ${due_date} as due_date,

    ---------- yen
    ${assessed} as assessed_yen,
    ${written_off} as written_off_yen,
    ${written_off_on} as written_off_on,

    ---------- only a loan has a contract
    ${contract_date} as contract_date,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
