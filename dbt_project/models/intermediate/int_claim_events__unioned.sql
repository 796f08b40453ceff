-- 債権の出来事: letters, final receipts by component, write-offs and case work of every claim, in one shape.

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
        null::text as component_code,
        letters.event_date,
        null::date as effective_on,
        null::date as until_on,
        letters.issued_on,
        letters.arrived_on,
        null::date as returned_on,
        letters.designated_deadline,
        null::text as channel_code,
        null::text as ground_code,
        null::boolean as is_immediate,
        null::text as document_no,
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
        concat_ws(':', receipts.source_code, 'paid', receipts.source_receipt_key, part.suffix) as event_id,
        receipts.claim_id,
        receipts.source_code,
        'paid' as event_type,
        part.component_code,
        receipts.paid_on as event_date,
        receipts.received_on as effective_on, -- when the money is in the ward's books
        null::date as until_on,
        null::date as issued_on,
        null::date as arrived_on,
        null::date as returned_on,
        null::date as designated_deadline,
        receipts.channel_code,
        null::text as ground_code,
        null::boolean as is_immediate,
        null::text as document_no,
        part.yen as amount_yen,
        receipts.batch_id,
        receipts.line_no
    from {{ ref('int_receipts__allocated') }} as receipts
    cross join
        lateral (
            values
            (null, 'principal', receipts.principal_yen),
            ('charge', 'delinquency_charge', receipts.delinquency_charge_yen),
            ('fee', 'dunning_fee', receipts.dunning_fee_yen)
        ) as part (suffix, component_code, yen)
    where
        not receipts.is_provisional -- 速報 may yet be taken back
        and part.yen <> 0

),

written_off as (

    select
        concat_ws(':', source_code, 'written_off', source_claim_key) as event_id,
        claim_id,
        source_code,
        'written_off' as event_type,
        'principal' as component_code,
        written_off_on as event_date,
        null::date as effective_on,
        null::date as until_on,
        null::date as issued_on,
        null::date as arrived_on,
        null::date as returned_on,
        null::date as designated_deadline,
        null::text as channel_code,
        null::text as ground_code,
        null::boolean as is_immediate,
        null::text as document_no,
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
union all
select * from {{ ref('int_cases__claimed') }}
