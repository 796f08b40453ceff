-- 滞納整理の異動: every act of case work with the claim it is about, in the shape of the other events.

with acts as (

    {{ union_of('cases', var('case_sources')) }}

)

select
    concat_ws(':', acts.source_code, acts.event_type, acts.source_event_key) as event_id,
    claims.claim_id,
    acts.source_code,
    acts.event_type,
    case when acts.event_type in ('refunded', 'offset') then 'principal' end as component_code,
    acts.event_date,
    acts.effective_on,
    acts.until_on,
    acts.issued_on,
    acts.arrived_on,
    acts.returned_on,
    acts.designated_deadline,
    acts.channel_code,
    acts.ground_code,
    acts.is_immediate,
    acts.document_no,
    acts.amount_yen,
    acts.batch_id,
    acts.line_no
from acts
left join {{ ref('system_codes') }} as systems
    on acts.system_code = systems.system_code
left join {{ ref('int_claims__unioned') }} as claims
    on
        systems.source_code = claims.source_code
        and acts.slip_notice_no = lpad(claims.notice_no::text, 10, '0')
        and acts.slip_instalment_no = claims.instalment_no::integer
