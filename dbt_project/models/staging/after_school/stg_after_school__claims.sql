-- 学童クラブ利用料の調定: one row per child and month. Rename and type only; no law, no joins.

with instalments as (

    {{ known_rows(source('after_school', 'after_school__instalments')) }}

)

select
    ---------- ids
    'after_school' as source_code,
    concat_ws('-', notice_no, lpad(instalment_no::text, 2, '0')) as source_claim_key,
    'after_school_club_fee' as claim_type,
    addressee_no as source_debtor_key,

    ---------- what it is
    levy_year,
    levy_year as fiscal_year,
    notice_no,
    instalment_no,
    due_date,

    ---------- yen
    assessed_yen,
    written_off_yen,
    written_off_on,

    ---------- a fee of a public facility (地方自治法225条) has no contract
    null::date as contract_date,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
