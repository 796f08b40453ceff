-- 保育所保育料の調定: one row per child and month. Rename and type only; no law, no joins.

with instalments as (

    {{ known_rows(source('nursery', 'nursery__claims')) }}

)

select
    ---------- ids
    'nursery' as source_code,
    concat_ws('-', notice_no, lpad(instalment_no::text, 2, '0')) as source_claim_key,
    'nursery_fee' as claim_type,
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

    ---------- a fee of a public facility (児童福祉法56条) has no contract
    null::date as contract_date,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
