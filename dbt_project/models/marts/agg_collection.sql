-- 収納率: per accounting year and month-end, from its April to the May its books close (出納整理期間), added up
-- from the year's start. 収納率 is on what was collected net of refunds due; the total is a ratio of sums.

with openings as (

    select * from {{ ref('int_collection__openings') }}

),

moves as (

    select
        openings.claim_id,
        openings.claim_type,
        openings.fiscal_year,
        openings.collection_category,
        flows.month_on,
        flows.received_yen,
        flows.written_off_yen,
        greatest(
            sum(flows.received_yen + flows.written_off_yen) over so_far - openings.assessed_yen, 0
        ) as over_paid_yen
    from openings
    inner join {{ ref('int_collection__flows') }} as flows
        on
            openings.claim_id = flows.claim_id
            and openings.fiscal_year = flows.fiscal_year
    window so_far as (partition by openings.claim_id, openings.fiscal_year order by flows.month_on)

),

monthly as (

    select
        claim_type,
        fiscal_year,
        collection_category,
        month_on,
        sum(received_yen) as received_yen,
        sum(written_off_yen) as written_off_yen,
        sum(over_paid_yen - over_paid_before_yen) as refund_pending_yen
    from (
        select
            *,
            lag(over_paid_yen, 1, 0::numeric)
                over (partition by claim_id, fiscal_year order by month_on)
                as over_paid_before_yen
        from moves
    ) as moves_with_change
    group by claim_type, fiscal_year, collection_category, month_on

),

month_ends as (

    select
        yearly.*,
        opened.month_on::date as month_on
    from (
        select
            claim_type,
            fiscal_year,
            collection_category,
            sum(assessed_yen) as assessed_yen
        from openings
        group by claim_type, fiscal_year, collection_category
    ) as yearly
    cross join lateral generate_series(
        make_date(yearly.fiscal_year, 4, 1)::timestamp,
        least(make_date(yearly.fiscal_year + 1, 5, 1), {{ as_of() }})::timestamp,
        interval '1 month'
    ) as opened (month_on)

),

added_up as (

    select
        month_ends.*,
        coalesce(sum(monthly.received_yen) over so_far, 0) as received_yen,
        coalesce(sum(monthly.written_off_yen) over so_far, 0) as written_off_yen,
        coalesce(sum(monthly.refund_pending_yen) over so_far, 0) as refund_pending_yen
    from month_ends
    left join monthly
        using (claim_type, fiscal_year, collection_category, month_on)
    window so_far as (
        partition by month_ends.claim_type, month_ends.fiscal_year, month_ends.collection_category
        order by month_ends.month_on
    )

)

select
    claim_type,
    fiscal_year,
    collection_category,
    to_char(month_on, 'YYYY-MM') as month,
    assessed_yen::bigint as assessed_yen,
    received_yen::bigint as received_yen,
    written_off_yen::bigint as written_off_yen,
    refund_pending_yen::bigint as refund_pending_yen,
    (assessed_yen - received_yen + refund_pending_yen - written_off_yen)::bigint as uncollected_yen,
    (received_yen - refund_pending_yen)::bigint as rate_numerator_yen,
    assessed_yen::bigint as rate_denominator_yen,
    round(100 * (received_yen - refund_pending_yen) / nullif(assessed_yen, 0), 2) as collection_rate,
    {{ batch_columns() }}
from added_up
