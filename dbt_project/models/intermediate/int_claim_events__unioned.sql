-- 債権の出来事: dunning, final receipts and write-offs of every claim, in one shape.

with letters as (

    {{ union_of('events', var('claim_sources')) }}

),

claims as (

    select * from {{ ref('int_claims__unioned') }}

),

dunned as (

    select
        concat_ws(':', letters.source_code, letters.event_type, letters.source_event_key) as event_id,
        claims.claim_id,
        letters.source_code,
        letters.event_type,
        letters.event_date,
        letters.issued_on,
        letters.arrived_on,
        letters.designated_deadline,
        null::bigint as amount_yen,
        letters.batch_id,
        letters.line_no
    from letters
    left join claims
        on
            letters.source_code = claims.source_code
            and letters.source_claim_key = claims.source_claim_key

),

paid as (

    select
        concat_ws(':', source_code, 'paid', source_receipt_key) as event_id,
        claim_id,
        source_code,
        'paid' as event_type,
        paid_on as event_date,
        null::date as issued_on,
        null::date as arrived_on,
        null::date as designated_deadline,
        received_yen as amount_yen,
        batch_id,
        line_no
    from {{ ref('int_receipts__allocated') }}
    where not is_provisional -- 速報 may yet be taken back

),

written_off as (

    select
        concat_ws(':', source_code, 'written_off', source_claim_key) as event_id,
        claim_id,
        source_code,
        'written_off' as event_type,
        written_off_on as event_date,
        null::date as issued_on,
        null::date as arrived_on,
        null::date as designated_deadline,
        written_off_yen as amount_yen,
        batch_id,
        line_no
    from claims
    where written_off_yen <> 0

)

select * from dunned
union all
select * from paid
union all
select * from written_off
