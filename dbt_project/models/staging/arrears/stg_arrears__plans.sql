-- 分納誓約・納付誓約: one row per line of a plan, and one for each signature. Rename and type only; no law, no joins.

with plans as (

    {{ known_rows(source('arrears', 'arrears__plans')) }}

),

keyed as (

    select
        *,
        concat_ws('-', 'plan', plan_no, subject_code, levy_year, tax_year, notice_no, instalment_no) as act_key,
        left(plan_no, 2) = '02' as is_pledge -- 納付誓約: the whole on one day
    from plans

),

lines as (

    select
        concat_ws('-', act_key, line_no) as source_event_key,
        subject_code,
        notice_no,
        instalment_no,
        case when is_pledge then 'acknowledged' else 'plan_due' end as event_type,
        signed_on as event_date,
        due_on as until_on,
        plan_no as document_no,
        planned_yen as amount_yen,
        _batch_id as batch_id,
        _line_no as line_no
    from keyed

),

-- The group has no row for the signature: its yen are those of its lines.
signatures as (

    select
        concat_ws('-', act_key, 'signed') as source_event_key,
        subject_code,
        notice_no,
        instalment_no,
        'instalment_plan' as event_type,
        min(signed_on) as event_date,
        null::date as until_on,
        plan_no as document_no,
        sum(planned_yen)::bigint as amount_yen,
        min(_batch_id) as batch_id,
        min(_line_no) as line_no
    from keyed
    where not is_pledge
    group by act_key, plan_no, subject_code, notice_no, instalment_no

)

select * from lines
union all
select * from signatures
