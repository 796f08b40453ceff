-- ${title}の督促: one row per dunning letter. Rename and type only; no law, no joins.

with letters as (

    {{ known_rows(source('${source}', '${events_table}')) }}

)

select
    ---------- ids
    '${source}' as source_code,
    ${event_key} as source_event_key,
    ${event_claim_key} as source_claim_key,

    ---------- what happened
    ${event_type} as event_type,
    ${issued_on} as event_date,
    ${issued_on} as issued_on,
    ${arrived_on} as arrived_on,
    ${deadline} as designated_deadline,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from letters
${events_where}
