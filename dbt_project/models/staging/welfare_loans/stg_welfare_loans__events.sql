-- 福祉資金の督促: one row per dunning letter written beside the instalment.

with instalments as (

    {{ known_rows(source('welfare_loans', 'welfare_loans__instalments')) }}

)

select
    ---------- ids
    'welfare_loans' as source_code,
    concat_ws('-', loan_no, lpad(instalment_no::text, 3, '0')) as source_event_key,
    concat_ws('-', loan_no, lpad(instalment_no::text, 3, '0')) as source_claim_key,

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
