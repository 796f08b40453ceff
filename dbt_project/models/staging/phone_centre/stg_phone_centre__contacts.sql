-- What operators heard. A promise (納付約束) is what was said on the phone, no 承認 in writing.

with results as (

    {{ known_rows(source('phone_centre', 'phone_centre__calls')) }}

)

select
    ---------- ids
    'phone_centre' as channel,
    call_no as attempt_no,
    request_no,

    ---------- whose
    system_code,
    addressee_no as source_debtor_key,
    campaign_code,
    wave_no,

    ---------- what came of it
    (
        called_on + make_interval(hours => left(called_at, 2)::integer, mins => right(called_at, 2)::integer)
    ) at time zone 'Asia/Tokyo' as attempted_at,
    result_code,
    null::text as detail_code,
    null::integer as heard_seconds,
    promised_on,
    promised_yen,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from results
