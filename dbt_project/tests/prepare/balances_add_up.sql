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

applied as (

    select
        claims.legal_class,
        claims.fiscal_year,
        sum(moves.yen) as applied_yen
    from (
        select
            claim_id,
            principal_yen as yen
        from {{ ref('int_receipts__allocated') }}
        where not is_provisional

        union all

        select
            claim_id,
            -amount_yen as yen -- 還付・充当: what went back is applied no more
        from {{ ref('int_cases__claimed') }}
        where event_type in ('refunded', 'offset')
    ) as moves
    inner join {{ ref('int_claims__unioned') }} as claims
        on moves.claim_id = claims.claim_id
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
