-- 学校給食費の入金: one row per instalment that has a payment beside it in the book.

with instalments as (

    {{ known_rows(source('school_lunch', 'school_lunch__instalments')) }}

)

select
    ---------- ids: the book keeps one payment per instalment
    'school_lunch' as source_code,
    concat_ws('-', book_no, lpad(instalment_no::text, 2, '0')) as source_receipt_key,
    concat_ws('-', book_no, lpad(instalment_no::text, 2, '0')) as source_claim_key,
    'school_lunch_fee' as claim_type,

    ---------- dates
    paid_on,
    paid_on as received_on,
    null::integer as accounting_year,

    ---------- yen: the book knows the principal only
    received_yen as principal_yen,
    0::bigint as delinquency_charge_yen,
    0::bigint as dunning_fee_yen,
    received_yen,

    ---------- how it came: not recorded, and never provisional
    null::text as channel_code,
    false as is_provisional,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from instalments
where received_yen <> 0
