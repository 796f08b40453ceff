-- 生活保護費返還金・徴収金の督促: one row per dunning letter, which the section keeps beside the instalment.

with decisions as (

    {{ known_rows(source('welfare_refund', 'welfare_refund__decisions')) }}

)

select
    ---------- ids
    'welfare_refund' as source_code,
    concat_ws('-', decision_no, split_seq, lpad(instalment_no::text, 2, '0')) as source_event_key,
    concat_ws('-', decision_no, split_seq, lpad(instalment_no::text, 2, '0')) as source_claim_key,

    ---------- what happened
    'dunned' as event_type,
    dunned_on as event_date,
    dunned_on as issued_on,
    dunning_arrived_on as arrived_on,
    dunning_deadline as designated_deadline,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from decisions
where dunned_on is not null
