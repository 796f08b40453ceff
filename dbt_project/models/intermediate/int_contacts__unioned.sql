-- 催告の結果: one row per attempt of any vendor, by the furthest of its results, in words that all of them share.

{{ config(indexes=[{'columns': ['request_no']}]) }}

with lines as (

    {{ union_of('contacts', var('contact_sources')) }}

),

understood as (

    select
        lines.*,
        coalesce(exactly.outcome, mostly.outcome, 'unreached') as outcome,
        coalesce(exactly.name_ja, mostly.name_ja) as result_ja,
        case when exactly.outcome is null then mostly.stops_channels else exactly.stops_channels end as stops_channels,
        case when exactly.outcome is null then mostly.point_state else exactly.point_state end as point_state,
        coalesce(exactly.furthest, mostly.furthest, 0) as furthest
    from lines
    left join {{ ref('contact_outcomes') }} as exactly
        on
            lines.channel = exactly.channel
            and lines.result_code = exactly.result_code
            and lines.detail_code = exactly.detail_code
    left join {{ ref('contact_outcomes') }} as mostly
        on
            lines.channel = mostly.channel
            and lines.result_code = mostly.result_code
            and mostly.detail_code is null

),

attempts as (

    select distinct on (channel, attempt_no) *
    from understood
    order by channel asc, attempt_no asc, furthest desc, batch_id asc, line_no asc

),

sections as (

    select
        source_code,
        min(owner_dept) as owner_dept
    from {{ ref('int_claims__unioned') }}
    group by source_code

)

select
    attempts.channel || ':' || attempts.attempt_no as contact_id,
    attempts.channel,
    attempts.request_no,
    systems.source_code,
    attempts.source_debtor_key,
    coalesce(sections.owner_dept, 'central') as owner_dept,
    attempts.campaign_code,
    attempts.wave_no,
    attempts.attempted_at,
    (attempts.attempted_at at time zone 'Asia/Tokyo')::date as attempted_on,
    attempts.outcome,
    attempts.result_code,
    attempts.result_ja,
    attempts.heard_seconds,
    attempts.promised_on,
    attempts.promised_yen,
    attempts.stops_channels,
    attempts.point_state,
    attempts.batch_id,
    attempts.line_no
from attempts
left join {{ ref('system_codes') }} as systems
    on attempts.system_code = systems.system_code
left join sections
    on systems.source_code = sections.source_code
