-- 債権の出来事: every act of the claims we know, appended as it became known; what was taken back says since when.

{{ config(indexes=[{'columns': ['claim_id']}]) }}

with known as (

    select max(recording.through) as through
    from {{ source('ledger', 'recording') }} as recording
    where recording.as_of = {{ as_of() }}

),

entries as (

    select entered.*
    from {{ source('ledger', 'claim_events') }} as entered
    cross join known
    where entered.entry_no <= known.through

)

select
    events.event_id,
    events.entry_no,
    events.claim_id,
    events.source_code,
    claims.claim_type,
    claims.owner_dept,
    events.event_type,
    events.component_code,
    events.event_date,
    events.effective_on,
    events.until_on,
    events.issued_on,
    events.arrived_on,
    events.returned_on,
    events.designated_deadline,
    events.channel_code,
    events.ground_code,
    events.is_immediate,
    events.document_no,
    events.amount_yen,
    events.recorded_on,
    withdrawn.recorded_on as withdrawn_on,
    events.batch_id,
    events.line_no,
    {{ batch_columns() }}
from entries as events
inner join {{ ref('int_claims__unioned') }} as claims
    on events.claim_id = claims.claim_id
left join entries as withdrawn
    on events.entry_no = withdrawn.withdraws
where events.withdraws is null
