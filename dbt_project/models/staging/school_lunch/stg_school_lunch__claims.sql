-- 学校給食費の調定: one row per month left unpaid. Rename and type only; no law, no joins.

with instalments as (

    {{ known_rows(source('school_lunch', 'school_lunch__instalments')) }}

)

select
    ---------- ids
    'school_lunch' as source_code,
    concat_ws('-', book_no, lpad(instalment_no::text, 2, '0')) as source_claim_key,
    'school_lunch_fee' as claim_type,
    addressee_no as source_debtor_key,

    ---------- what it is
    levy_year,
    levy_year as fiscal_year,
    book_no as notice_no,
    instalment_no,
    due_date,

    ---------- yen; a private claim is not written off by time alone (民法145条)
    assessed_yen,
    0::bigint as written_off_yen,
    null::date as written_off_on,

    ---------- the day of the application: 旧法・新法 of prescription depend on it
    contract_date,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
