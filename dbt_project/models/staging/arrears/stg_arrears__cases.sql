-- 滞納整理の出来事: plans, measures, rests, reliefs and letters in one shape, one row per act on a claim.

with reminders as (

    {{ known_rows(source('arrears', 'arrears__reminders')) }}

),

letters as (

    select
        *,
        issued_on as sent_on
    from reminders

),

acts as (

    select
        source_event_key, subject_code, notice_no, instalment_no, event_type, event_date,
        null::date as effective_on, until_on, null::date as issued_on, null::date as arrived_on,
        null::date as designated_deadline, null::text as channel_code, null::text as ground_code,
        null::boolean as is_immediate, document_no, amount_yen, batch_id, line_no
    from {{ ref('stg_arrears__plans') }}

    union all

    select
        source_event_key, subject_code, notice_no, instalment_no, event_type, event_date,
        null, null, issued_on, arrived_on,
        null, null, ground_code,
        null, document_no, amount_yen, batch_id, line_no
    from {{ ref('stg_arrears__measures') }}

    union all

    select
        source_event_key, subject_code, notice_no, instalment_no, event_type, event_date,
        null, until_on, null, null,
        null, null, ground_code,
        is_immediate, document_no, null, batch_id, line_no
    from {{ ref('stg_arrears__rests') }}

    union all

    select
        source_event_key, subject_code, notice_no, instalment_no, event_type, event_date,
        effective_on, until_on, issued_on, null,
        null, null, ground_code,
        null, document_no, amount_yen, batch_id, line_no
    from {{ ref('stg_arrears__reliefs') }}

    union all

    select
        concat_ws('-', 'reminder', subject_code, levy_year, tax_year, notice_no, instalment_no, issued_on),
        subject_code, notice_no, instalment_no, 'reminded' as event_type, issued_on as event_date,
        null, null, sent_on, null, -- the group tells no arrival
        deadline, 'letter', kind_code,
        null, null, null, _batch_id, _line_no
    from letters

)

select
    ---------- ids
    'arrears' as source_code,
    source_event_key,

    ---------- whose: the standard's subject (科目) tells the system, the notice and the instalment its claim
    case subject_code
        when '01' then '01'
        when '08' then '02'
        when '20' then '03'
        when '22' then '04'
        when '21' then '05'
        when '31' then '06'
        when '41' then '10'
    end as system_code,
    notice_no as slip_notice_no,
    instalment_no::integer as slip_instalment_no,

    ---------- what was done, and when it works
    event_type,
    event_date,
    effective_on,
    until_on,
    issued_on,
    arrived_on,
    null::date as returned_on,
    designated_deadline,
    channel_code,
    ground_code,
    is_immediate,
    document_no,
    amount_yen,

    ---------- provenance
    batch_id,
    line_no
from acts
