-- 福祉資金の償還: one row per repayment instalment. Rename and type only; no law, no joins.

with instalments as (

    {{ known_rows(source('welfare_loans', 'welfare_loans__instalments')) }}

)

select
    ---------- ids
    'welfare_loans' as source_code,
    concat_ws('-', loan_no, lpad(instalment_no::text, 3, '0')) as source_claim_key,
    case fund_code
        when '11' then 'women_welfare_loan'
        when '21' then 'emergency_small_loan'
        when '22' then 'single_mother_emergency_loan'
        when '31' then 'resident_business_loan'
    end as claim_type,
    addressee_no as source_debtor_key,

    ---------- what it is: the ledger has no year, so the due date gives it
    {{ fiscal_year('due_date') }} as levy_year,
    {{ fiscal_year('due_date') }} as fiscal_year,
    loan_no as notice_no,
    instalment_no,
    due_date,

    ---------- yen; the section writes nothing off in its ledger
    assessed_yen,
    0::bigint as written_off_yen,
    null::date as written_off_on,

    ---------- 旧法・新法 of prescription depend on it
    contract_date,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
