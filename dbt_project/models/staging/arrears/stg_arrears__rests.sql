-- 猶予・執行停止とその取消: one row per act on a claim. Rename and type only; no law, no joins.

with deferrals as (

    {{ known_rows(source('arrears', 'arrears__deferrals')) }}

),

stays as (

    {{ known_rows(source('arrears', 'arrears__stays')) }}

),

deferred as (

    select
        concat_ws(
            '-', 'deferral', deferrals.deferral_no, deferrals.subject_code, deferrals.levy_year, deferrals.tax_year,
            deferrals.notice_no, deferrals.instalment_no, act.event_type
        ) as source_event_key,
        deferrals.subject_code,
        deferrals.notice_no,
        deferrals.instalment_no,
        act.event_type,
        act.event_date,
        act.until_on,
        act.ground_code,
        null::boolean as is_immediate,
        deferrals.deferral_no as document_no,
        deferrals._batch_id as batch_id,
        deferrals._line_no as line_no
    from deferrals
    cross join
        lateral (
            values
            (
                case deferrals.deferral_code when '01' then 'deferral' else 'conversion_deferral' end,
                deferrals.first_on, deferrals.until_on,
                -- the group tells who asked for a deferral of 換価, and no reason for one of 徴収
                case deferrals.deferral_code when '02' then 'application' when '03' then 'ex_officio' end
            ),
            ('deferral_cancelled', deferrals.cancelled_on, null, null)
        ) as act (event_type, event_date, until_on, ground_code)
    where act.event_date is not null

),

stayed as (

    select
        concat_ws(
            '-', 'stay', stays.stay_no, stays.subject_code, stays.levy_year, stays.tax_year,
            stays.notice_no, stays.instalment_no, act.event_type
        ) as source_event_key,
        stays.subject_code,
        stays.notice_no,
        stays.instalment_no,
        act.event_type,
        act.event_date,
        act.until_on,
        act.ground_code,
        act.is_immediate,
        stays.stay_no as document_no,
        stays._batch_id as batch_id,
        stays._line_no as line_no
    from stays
    cross join
        lateral (
            values
            ('execution_stay', stays.stayed_on, stays.extinct_on, stays.ground_code, stays.is_immediate),
            ('stay_cancelled', stays.cancelled_on, null, null, null)
        ) as act (event_type, event_date, until_on, ground_code, is_immediate)
    where act.event_date is not null

)

select * from deferred
union all
select * from stayed
