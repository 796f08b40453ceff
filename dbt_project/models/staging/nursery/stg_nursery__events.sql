-- 保育所保育料の督促: one row per dunning letter written beside the instalment.

with instalments as (

    {{ known_rows(source('nursery', 'nursery__claims')) }}

)

select
    ---------- ids
    'nursery' as source_code,
    concat_ws('-', notice_no, lpad(instalment_no::text, 2, '0')) as source_event_key,
    concat_ws('-', notice_no, lpad(instalment_no::text, 2, '0')) as source_claim_key,

    ---------- what happened
    'dunned' as event_type,
    dunned_on as event_date,
    dunned_on as issued_on,
    dunning_arrived_on as arrived_on,
    dunning_deadline as designated_deadline,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
where dunned_on is not null
