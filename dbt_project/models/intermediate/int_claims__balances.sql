-- 債権の残高: what is still owed on every claim, over-payments not yet refunded (還付未済) kept apart.

{{ config(indexes=[{'columns': ['claim_id'], 'unique': true}]) }}

with received as (

    select
        claim_id,
        coalesce(sum(principal_yen) filter (where not is_provisional), 0)::bigint as received_yen,
        coalesce(sum(principal_yen) filter (where is_provisional), 0)::bigint as provisional_yen,
        coalesce(sum(delinquency_charge_yen) filter (where not is_provisional), 0)::bigint as charge_received_yen,
        max(paid_on) as last_paid_on
    from {{ ref('int_receipts__allocated') }}
    where allocation_state = 'allocated'
    group by claim_id

),

-- 入金途上: told by a channel, not yet shown by the department. Never revenue; it stops every letter.
in_flight as (

    select
        claim_id,
        sum(paid_yen)::bigint as in_flight_yen
    from {{ ref('int_payments__announced') }}
    where state = 'in_flight'
    group by claim_id

),

-- 還付・充当: what was over-paid and has gone back, or to another claim, is received no more (戻出). What is told beyond all
-- that came in is no money of this claim: one of the two books is behind.
given_back as (

    select
        cases.claim_id,
        least(sum(cases.amount_yen), greatest(coalesce(max(received.received_yen), 0), 0))::bigint as given_back_yen
    from {{ ref('int_cases__claimed') }} as cases
    left join received
        on cases.claim_id = received.claim_id
    where
        cases.event_type in ('refunded', 'offset')
        and cases.claim_id is not null
    group by cases.claim_id

),

added_up as (

    select
        claims.*,
        coalesce(received.received_yen, 0) - coalesce(given_back.given_back_yen, 0) as received_yen,
        coalesce(given_back.given_back_yen, 0) as given_back_yen,
        coalesce(received.provisional_yen, 0) + coalesce(in_flight.in_flight_yen, 0) as provisional_yen,
        coalesce(received.charge_received_yen, 0) as charge_received_yen,
        received.last_paid_on
    from {{ ref('int_claims__unioned') }} as claims
    left join received
        on claims.claim_id = received.claim_id
    left join in_flight
        on claims.claim_id = in_flight.claim_id
    left join given_back
        on claims.claim_id = given_back.claim_id

),

over_paid as (

    select
        *,
        greatest(received_yen - (assessed_yen - written_off_yen), 0) as refund_pending_yen
    from added_up

)

select
    claim_id,
    source_code,
    source_claim_key,
    notice_no,
    claim_type,
    legal_class,
    owner_dept,
    source_debtor_key,
    fiscal_year,
    instalment_no,
    due_date,
    contract_date,
    class_rule_id,
    claim_split_seq,
    basis_from,
    basis_to,
    assessed_yen,
    received_yen,
    provisional_yen,
    charge_received_yen,
    refund_pending_yen,
    given_back_yen,
    written_off_yen,
    written_off_on,
    -- 収入未済額 = 調定額 - (収入済額 - 還付未済額) - 不納欠損額
    assessed_yen - received_yen + refund_pending_yen - written_off_yen as outstanding_yen,
    last_paid_on,
    batch_id,
    line_no
from over_paid
