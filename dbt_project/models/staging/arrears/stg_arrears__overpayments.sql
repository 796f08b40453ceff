-- 過誤納: one row per overpayment; 還付未済 where nothing was paid back or set off yet. Rename only; no law, no joins.

with overpayments as (

    {{ known_rows(source('arrears', 'arrears__overpayments')) }}

)

select
    ---------- ids
    concat_ws(
        '-', 'overpayment', overpayment_no, subject_code, levy_year, tax_year, notice_no, instalment_no
    ) as overpayment_key,
    subject_code,
    notice_no,
    instalment_no,

    ---------- what was paid too much, and what became of it
    found_on,
    cause_code,
    overpaid_yen,
    noticed_on,
    refunded_on,
    refunded_yen,
    offset_yen,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from overpayments
