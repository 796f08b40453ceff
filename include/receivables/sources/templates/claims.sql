-- ${title}: one row per instalment. Rename and type only; no law, no joins.

with instalments as (

    {{ known_rows(source('${source}', '${table}')) }}

)

select
    ---------- ids
    '${source}' as source_code,
    ${key} as source_claim_key,
    '${claim_type}' as claim_type,
    ${addressee_no} as source_debtor_key,

    ---------- what it is
    ${levy_year} as levy_year,
    ${fiscal_year} as fiscal_year,
    ${notice_no} as notice_no,
    ${instalment_no} as instalment_no,
    ${due_date} as due_date,

    ---------- yen
    ${assessed_yen} as assessed_yen,
    ${written_off_yen} as written_off_yen,
    ${written_off_on} as written_off_on,

    ---------- 旧法・新法 of prescription depend on it, for private claims
    ${contract_date} as contract_date,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
