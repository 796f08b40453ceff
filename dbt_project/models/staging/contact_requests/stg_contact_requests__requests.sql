-- 対象者一覧: who was to be asked in which wave, by the arm of the draw and not by what was done (intention to treat).

with requests as (

    {{ known_rows(source('contact_requests', 'contact_requests__requests')) }}

)

select
    ---------- ids
    request_no,
    system_code,
    addressee_no as source_debtor_key,
    lpad(notice_no, 10, '0') as slip_notice_no,
    instalment_no::integer as slip_instalment_no,

    ---------- the draw
    campaign_code,
    wave_no,
    case channel_name when '電話' then 'phone_centre' when '自動音声' then 'auto_call' else 'sms' end as channel,
    case age_band when '39歳以下' then 'under_40' when '40～64歳' then '40_to_64' else '65_and_over' end as segment,
    case arm_name when '対照' then 'control' else 'treat' end as arm,
    assigned_on,
    outstanding_yen,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from requests
