-- 奨学資金の返還: one row per repayment instalment. Rename and type only; no law, no joins.

with instalments as (

    {{ known_rows(source('scholarship', 'scholarship__instalments')) }}

)

select
    ---------- ids
    'scholarship' as source_code,
    concat_ws('-', loan_no, lpad(instalment_no::text, 3, '0')) as source_claim_key,
    'scholarship_loan' as claim_type,
    addressee_no as source_debtor_key,

    ---------- what it is: the workbook has no year, so the due date gives it
    {{ fiscal_year('due_date') }} as levy_year,
    {{ fiscal_year('due_date') }} as fiscal_year,
    loan_no as notice_no,
    instalment_no,
    due_date,

    ---------- yen; the section writes nothing off in its workbook
    assessed_yen,
    0::bigint as written_off_yen,
    null::date as written_off_on,

    ---------- 旧法・新法 of prescription depend on it
    contract_date,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
