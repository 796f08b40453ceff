-- 重点プランの指標: agg_collection with the total of 現年分 and 滞納繰越分, each month beside the same one of last year.

with measured as (

    select
        claim_type,
        fiscal_year,
        collection_category,
        month,
        assessed_yen,
        received_yen,
        written_off_yen,
        refund_pending_yen,
        uncollected_yen,
        rate_numerator_yen,
        rate_denominator_yen
    from {{ ref('agg_collection') }}
    union all
    select
        claim_type,
        fiscal_year,
        'total' as collection_category,
        month,
        sum(assessed_yen)::bigint,
        sum(received_yen)::bigint,
        sum(written_off_yen)::bigint,
        sum(refund_pending_yen)::bigint,
        sum(uncollected_yen)::bigint,
        sum(rate_numerator_yen)::bigint,
        sum(rate_denominator_yen)::bigint
    from {{ ref('agg_collection') }}
    group by claim_type, fiscal_year, month

),

rated as (

    select
        *,
        to_date(month, 'YYYY-MM') as month_on,
        round(100.0 * rate_numerator_yen / nullif(rate_denominator_yen, 0), 2) as collection_rate
    from measured

)

select
    this_year.claim_type,
    this_year.fiscal_year,
    this_year.collection_category,
    this_year.month,
    (this_year.month_on + interval '1 month')::date <= {{ as_of() }} + 1 as is_complete,

    ---------- this year, added up from its April
    this_year.assessed_yen,
    this_year.received_yen,
    this_year.written_off_yen,
    this_year.refund_pending_yen,
    this_year.uncollected_yen,
    this_year.rate_numerator_yen,
    this_year.rate_denominator_yen,
    this_year.collection_rate,

    ---------- 前年同月
    last_year.month as prior_month,
    last_year.assessed_yen as prior_assessed_yen,
    last_year.received_yen as prior_received_yen,
    last_year.written_off_yen as prior_written_off_yen,
    last_year.refund_pending_yen as prior_refund_pending_yen,
    last_year.uncollected_yen as prior_uncollected_yen,
    last_year.rate_numerator_yen as prior_rate_numerator_yen,
    last_year.rate_denominator_yen as prior_rate_denominator_yen,
    last_year.collection_rate as prior_collection_rate,
    this_year.collection_rate - last_year.collection_rate as rate_difference_points,
    {{ batch_columns() }}
from rated as this_year
left join rated as last_year
    on
        this_year.claim_type = last_year.claim_type
        and this_year.fiscal_year - 1 = last_year.fiscal_year
        and this_year.collection_category = last_year.collection_category
        and this_year.month_on - interval '1 year' = last_year.month_on
