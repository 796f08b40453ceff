-- 債権管理台帳の出来事: one row per act on a claim. Rename and type only; no law, no joins.

with acts as (

    {{ known_rows(source('claims_book', 'claims_book__acts')) }}

)

select
    ---------- ids
    'claims_book' as source_code,
    concat_ws('-', case_no, branch_no) as source_event_key,

    ---------- whose: the book writes what stands on the payment slip
    system_code,
    lpad(notice_no, 10, '0') as slip_notice_no,
    instalment_no as slip_instalment_no,

    ---------- what was done, and when it works
    case act_name
        when '催告' then 'reminded'
        when '承認' then 'acknowledged'
        when '分納誓約' then 'instalment_plan'
        when '分納期' then 'plan_due'
        when '分納不履行' then 'plan_broken'
        when '履行延期' then 'extension'
        when '徴収停止' then 'collection_stop'
        when '停止取消' then 'collection_resumed'
        when '支払督促' then 'action_filed'
        when '取下' then 'action_withdrawn'
        when '確定' then 'judgment'
        when '協議合意' then 'negotiation_agreed'
        when '債権届出' then 'claim_filed'
        when '手続終結' then 'claim_filing_ended'
        when '免除' then 'exempted'
        when '債権放棄' then 'waived'
        when '時効援用' then 'invoked'
        when '弁護士委任' then 'entrusted'
        when '委任返還' then 'returned'
        when '自立相談' then 'referred_to_support'
    end as event_type,
    acted_on as event_date,
    null::date as effective_on,
    until_on,
    issued_on,
    arrived_on,
    returned_on,
    designated_deadline,
    case act_name when '催告' then 'letter' end as channel_code,
    ground_code,
    null::boolean as is_immediate,
    document_no,
    amount_yen,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from acts
