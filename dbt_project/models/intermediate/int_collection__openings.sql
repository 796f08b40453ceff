-- 年度ごとの調定: each claim in the year it was levied (現年分) and in every later one it was carried into (滞納繰越分), or in
-- which money for it moved all the same (過誤納).

with yearly as (

    select
        claim_id,
        fiscal_year,
        -- What went back after its year had closed (過年度還付) is settled no more, from the next year on.
        sum(received_yen + written_off_yen - refunded_later_yen) as settled_yen,
        bool_or(received_yen <> 0 or written_off_yen <> 0) as is_moved
    from {{ ref('int_collection__flows') }}
    group by claim_id, fiscal_year

),

years as (

    select
        claims.claim_id,
        claims.claim_type,
        claims.fiscal_year as levied_in,
        claims.assessed_yen as levied_yen,
        open_year.fiscal_year,
        coalesce(yearly.is_moved, false) as is_moved,
        coalesce(
            sum(yearly.settled_yen) over (
                partition by claims.claim_id
                order by open_year.fiscal_year
                rows between unbounded preceding and 1 preceding
            ), 0
        )::bigint as settled_before_yen
    from {{ ref('int_claims__unioned') }} as claims
    cross join lateral generate_series(claims.fiscal_year, {{ fiscal_year(as_of()) }}) as open_year (fiscal_year)
    left join yearly
        on
            claims.claim_id = yearly.claim_id
            and open_year.fiscal_year = yearly.fiscal_year

)

select
    claim_id,
    claim_type,
    fiscal_year,
    case when fiscal_year = levied_in then 'current' else 'arrears' end as collection_category,
    greatest(levied_yen - settled_before_yen, 0) as assessed_yen
from years
where
    fiscal_year = levied_in
    or levied_yen > settled_before_yen
    or is_moved
