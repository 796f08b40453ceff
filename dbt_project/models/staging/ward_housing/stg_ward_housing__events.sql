-- 区営住宅使用料の督促: one row per dunning letter written beside the month.

select
    ---------- ids
    'ward_housing' as source_code,
    source_claim_key as source_event_key,
    source_claim_key,

    ---------- what happened
    'dunned' as event_type,
    dunned_on as event_date,
    dunned_on as issued_on,

    ---------- the manager records neither
    null::date as arrived_on,
    null::date as designated_deadline,

    ---------- provenance
    batch_id,
    line_no
from {{ ref('stg_ward_housing__months') }}
where dunned_on is not null
