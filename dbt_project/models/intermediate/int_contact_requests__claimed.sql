-- 催告の依頼と債権: every line of a list with the claim it was about.

{{ config(indexes=[{'columns': ['claim_id']}]) }}

select
    requests.request_no,
    systems.source_code,
    requests.source_debtor_key,
    claims.claim_id,
    requests.campaign_code,
    requests.wave_no,
    requests.channel,
    requests.segment,
    requests.arm,
    requests.assigned_on,
    requests.outstanding_yen,
    requests.batch_id,
    requests.line_no
from {{ ref('stg_contact_requests__requests') }} as requests
left join {{ ref('system_codes') }} as systems
    on requests.system_code = systems.system_code
left join {{ ref('int_claims__unioned') }} as claims
    on
        systems.source_code = claims.source_code
        and requests.slip_notice_no = lpad(claims.notice_no::text, 10, '0')
        and requests.slip_instalment_no = claims.instalment_no::integer
