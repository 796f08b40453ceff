-- 生活保護費返還金・徴収金の調定: one row per decision, part and instalment. Rename and type only; no law, no joins.

with decisions as (

    {{ known_rows(source('welfare_refund', 'welfare_refund__decisions')) }}

)

select
    ---------- ids
    'welfare_refund' as source_code,
    concat_ws('-', decision_no, split_seq, lpad(instalment_no::text, 2, '0')) as source_claim_key,
    case article_code when '63' then 'seiho_refund_63' when '78' then 'seiho_collection_78' end as claim_type,
    addressee_no as source_debtor_key,

    ---------- what it is: each part (分割番号) of a decision has a notice number of its own
    {{ fiscal_year('decided_on') }} as levy_year,
    fiscal_year,
    notice_no,
    instalment_no,
    due_date,

    ---------- yen: a surcharge (78条1項) is part of the principal
    assessed_yen,
    written_off_yen,
    written_off_on,

    ---------- a claim by decision has no contract
    null::date as contract_date,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from decisions
