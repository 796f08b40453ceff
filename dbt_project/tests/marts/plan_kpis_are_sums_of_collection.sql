-- 重点プランの指標の突合: 現年分 and 滞納繰越分 are those of agg_collection, 計 is their sum, and every rate is of its parts.

with kpis as (

    select
        claim_type,
        fiscal_year,
        month,
        sum(uncollected_yen) filter (where collection_category = 'total') as total_yen,
        sum(uncollected_yen) filter (where collection_category <> 'total') as parts_yen,
        sum(received_yen) filter (where collection_category = 'total') as total_received_yen,
        count(*) filter (
            where collection_rate is distinct from round(
                100.0 * rate_numerator_yen / nullif(rate_denominator_yen, 0), 2
            )
            or rate_difference_points is distinct from collection_rate - prior_collection_rate
        ) as wrong_rates
    from {{ ref('agg_plan_kpis') }}
    group by claim_type, fiscal_year, month

),

reported as (

    select
        claim_type,
        fiscal_year,
        month,
        sum(uncollected_yen) as uncollected_yen,
        sum(received_yen) as received_yen
    from {{ ref('agg_collection') }}
    group by claim_type, fiscal_year, month

)

select
    claim_type,
    fiscal_year,
    month,
    reported.uncollected_yen,
    kpis.total_yen
from reported
full join kpis using (claim_type, fiscal_year, month)
where
    reported.uncollected_yen is distinct from kpis.total_yen
    or reported.uncollected_yen is distinct from kpis.parts_yen
    or reported.received_yen is distinct from kpis.total_received_yen
    or kpis.wrong_rates > 0
