-- 収納・還付・不納欠損の動き: what came in, went back and was written off on each claim, by accounting year and month.

with claims as (

    select
        *,
        assessed_yen - written_off_yen as owed_yen
    from {{ ref('int_claims__unioned') }}

),

given_back as (

    select
        claim_id,
        event_date as moved_on,
        amount_yen,
        sum(amount_yen) over (partition by claim_id order by event_date, event_id) as up_to_yen
    from {{ ref('int_claim_events__unioned') }}
    where
        event_type in ('refunded', 'offset')
        and claim_id is not null

),

-- What each year took in beyond what was owed, one upon the other: the first over-paid is the first to go back. On top,
-- without a year, what goes back and was never over-paid.
over_paid as (

    select
        claims.claim_id,
        claims.fiscal_year as levied_in,
        receipts.accounting_year,
        greatest(sum(sum(receipts.principal_yen)) over so_far - sum(receipts.principal_yen) - claims.owed_yen, 0)
            as from_yen,
        case grouping(receipts.accounting_year)
            when 1 then coalesce(sum(receipts.principal_yen), 0)
            else greatest(sum(sum(receipts.principal_yen)) over so_far - claims.owed_yen, 0)
        end as to_yen
    from claims
    left join {{ ref('int_receipts__allocated') }} as receipts
        on
            claims.claim_id = receipts.claim_id
            and not receipts.is_provisional
    where claims.claim_id in (select given_back.claim_id from given_back)
    group by claims.claim_id, claims.fiscal_year, claims.owed_yen, grouping sets ((receipts.accounting_year), ())
    window so_far as (partition by claims.claim_id order by receipts.accounting_year)

),

-- 戻出: taken off the revenue it gives back while that year's books are open (地方自治法施行令165条の7). Afterwards it is
-- 過年度還付, an expenditure that leaves the closed year as it was (同165条の8). What was never over-paid and goes back
-- all the same is owed again, in the year in which it goes back.
returned as (

    select
        given_back.claim_id,
        given_back.moved_on,
        over_paid.levied_in,
        over_paid.accounting_year,
        coalesce(given_back.moved_on > make_date(over_paid.accounting_year + 1, 5, 31), false) as is_later,
        least(given_back.up_to_yen, over_paid.to_yen)
        - greatest(given_back.up_to_yen - given_back.amount_yen, over_paid.from_yen) as yen
    from given_back
    inner join over_paid
        on
            given_back.claim_id = over_paid.claim_id
            and given_back.up_to_yen > over_paid.from_yen
            and given_back.up_to_yen - given_back.amount_yen < over_paid.to_yen

),

moves as (

    select
        claim_id,
        accounting_year as fiscal_year,
        received_on as moved_on,
        principal_yen as received_yen,
        0::bigint as written_off_yen,
        0::bigint as refunded_later_yen
    from {{ ref('int_receipts__allocated') }}
    where not is_provisional and claim_id is not null
    union all
    select
        claim_id,
        case
            when is_later or accounting_year is null then greatest({{ fiscal_year('moved_on') }}, levied_in)
            else accounting_year
        end,
        moved_on,
        case when is_later then 0 else -yen end,
        0,
        case when is_later then yen else 0 end
    from returned
    union all
    select
        claim_id,
        greatest({{ fiscal_year('coalesce(written_off_on, ' ~ as_of() ~ ')') }}, fiscal_year),
        coalesce(written_off_on, {{ as_of() }}),
        0,
        written_off_yen,
        0
    from claims
    where written_off_yen <> 0

)

select
    claim_id,
    fiscal_year,
    -- Money that came before the year opens counts in April, after its books closed in the May they close.
    least(greatest(date_trunc('month', moved_on)::date, make_date(fiscal_year, 4, 1)), make_date(fiscal_year + 1, 5, 1))
        as month_on,
    sum(received_yen)::bigint as received_yen,
    sum(written_off_yen)::bigint as written_off_yen,
    sum(refunded_later_yen)::bigint as refunded_later_yen
from moves
group by claim_id, fiscal_year, month_on
