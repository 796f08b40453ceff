-- 催告の結果: every attempt that a vendor reports, with its outcome and promise; neither number nor name nor remark.

{{ config(indexes=[{'columns': ['debtor_id']}]) }}

select
    contacts.contact_id,
    contacts.channel,
    contacts.request_no,
    contacts.source_code,
    contacts.owner_dept,
    link.debtor_id,
    contacts.campaign_code,
    contacts.wave_no,
    contacts.attempted_at,
    contacts.attempted_on,
    contacts.outcome,
    contacts.result_code,
    contacts.result_ja,
    contacts.heard_seconds,
    contacts.promised_on,
    contacts.promised_yen,
    contacts.batch_id,
    contacts.line_no,
    {{ batch_columns() }}
from {{ ref('int_contacts__unioned') }} as contacts
left join {{ source('identity', 'link') }} as link
    on
        contacts.source_code = link.source_code
        and contacts.source_debtor_key = link.source_debtor_key
