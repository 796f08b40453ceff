-- 債権の出来事: dunning, receipts and write-offs of the claims we know, appended as they become known.

{{ config(indexes=[{'columns': ['claim_id']}]) }}

select
    events.event_id,
    events.claim_id,
    events.source_code,
    claims.claim_type,
    claims.owner_dept,
    events.event_type,
    events.event_date,
    events.issued_on,
    events.arrived_on,
    events.designated_deadline,
    events.amount_yen,
    events.batch_id,
    events.line_no,
    {{ batch_columns() }}
from {{ ref('int_claim_events__unioned') }} as events
inner join {{ ref('int_claims__unioned') }} as claims
    on events.claim_id = claims.claim_id
