-- 学童クラブ利用料の入金: one row per instalment that has a payment beside it in the table.

with instalments as (

    {{ known_rows(source('after_school', 'after_school__instalments')) }}

)

select
    ---------- ids: the table keeps one payment per instalment
    'after_school' as source_code,
    concat_ws('-', notice_no, lpad(instalment_no::text, 2, '0')) as source_receipt_key,
    concat_ws('-', notice_no, lpad(instalment_no::text, 2, '0')) as source_claim_key,
    'after_school_club_fee' as claim_type,

    ---------- dates
    paid_on,
    paid_on as received_on,
    null::integer as accounting_year,

    ---------- yen: the table knows the principal only
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
