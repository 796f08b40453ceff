-- 残高の突合 (I18): Σ assessed - Σ applied - Σ written off = Σ outstanding, per class and year, from the receipts
-- themselves; what was over-paid is on claims that owe nothing.

with owed as (

    select
        legal_class,
        fiscal_year,
        sum(assessed_yen) as assessed_yen,
        sum(written_off_yen) as written_off_yen,
        sum(refund_pending_yen) as refund_pending_yen,
        sum(outstanding_yen) as outstanding_yen,
        count(*) filter (where refund_pending_yen > 0 and outstanding_yen > 0) as contradictions
    from {{ ref('int_claims__balances') }}
    group by legal_class, fiscal_year

),

moves as (

    select
        claim_id,
        principal_yen as came_yen,
        0 as went_yen
    from {{ ref('int_receipts__allocated') }}
    where not is_provisional

    union all

    select
        claim_id,
        0,
        amount_yen -- 還付・充当: what went back is applied no more
    from {{ ref('int_cases__claimed') }}
    where event_type in ('refunded', 'offset')

),

of_a_claim as (

    -- No claim gives back more than came in on it.
    select
        claim_id,
        greatest(sum(came_yen) - sum(went_yen), least(sum(came_yen), 0)) as yen
    from moves
    group by claim_id

),

applied as (

    select
        claims.legal_class,
        claims.fiscal_year,
        sum(of_a_claim.yen) as applied_yen
    from of_a_claim
    inner join {{ ref('int_claims__unioned') }} as claims
        on of_a_claim.claim_id = claims.claim_id
    group by claims.legal_class, claims.fiscal_year

)

select
    legal_class,
    fiscal_year,
    owed.outstanding_yen
from owed
left join applied using (legal_class, fiscal_year)
where
    owed.contradictions > 0
    or owed.assessed_yen
    - (coalesce(applied.applied_yen, 0) - owed.refund_pending_yen)
    - owed.written_off_yen
    <> owed.outstanding_yen
