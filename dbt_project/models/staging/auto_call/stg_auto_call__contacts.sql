-- What the dialler heard: nobody knows who listened unless a key says so.

with results as (

    {{ known_rows(source('auto_call', 'auto_call__calls')) }}

)

select
    ---------- ids
    'auto_call' as channel,
    call_no as attempt_no,
    request_no,

    ---------- whose
    system_code,
    addressee_no as source_debtor_key,
    campaign_code,
    wave_no,

    ---------- what came of it
    (
        called_on + make_interval(
            hours => left(called_at, 2)::integer,
            mins => substr(called_at, 3, 2)::integer,
            secs => right(called_at, 2)::integer
        )
    ) at time zone 'Asia/Tokyo' as attempted_at,
    result_code,
    key_pressed as detail_code,
    heard_seconds,
    null::date as promised_on,
    null::bigint as promised_yen,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from results
