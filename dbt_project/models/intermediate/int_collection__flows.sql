-- 収納と不納欠損の動き: what came in and was written off on each claim, by accounting year and month.

with moves as (

    select
        claims.claim_id,
        receipts.accounting_year as fiscal_year,
        receipts.received_on as moved_on,
        receipts.principal_yen as received_yen,
        0::bigint as written_off_yen
    from {{ ref('int_receipts__allocated') }} as receipts
    inner join {{ ref('int_claims__unioned') }} as claims
        on receipts.claim_id = claims.claim_id
    where not receipts.is_provisional

    union all

    select
        claim_id,
        greatest({{ fiscal_year('coalesce(written_off_on, ' ~ as_of() ~ ')') }}, fiscal_year),
        coalesce(written_off_on, {{ as_of() }}),
        0,
        written_off_yen
    from {{ ref('int_claims__unioned') }}
    where written_off_yen <> 0

)

select
    claim_id,
    fiscal_year,
    -- Money that came before the year opens counts in April, after its books closed in the May they close.
    least(
        greatest(date_trunc('month', moved_on)::date, make_date(fiscal_year, 4, 1)),
        make_date(fiscal_year + 1, 5, 1)
    ) as month_on,
    sum(received_yen)::bigint as received_yen,
    sum(written_off_yen)::bigint as written_off_yen
from moves
group by 1, 2, 3
