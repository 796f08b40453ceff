-- What became of messages. Delivered is not read.

with results as (

    {{ known_rows(source('sms_returns', 'sms_returns__statuses')) }}

)

select
    ---------- ids
    'sms' as channel,
    message_no as attempt_no,
    request_no,

    ---------- whose
    system_code,
    addressee_no as source_debtor_key,
    campaign_code,
    wave_no,

    ---------- what came of it
    sent_at as attempted_at,
    status_code as result_code,
    reason_code as detail_code,
    null::integer as heard_seconds,
    null::date as promised_on,
    null::bigint as promised_yen,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from results
