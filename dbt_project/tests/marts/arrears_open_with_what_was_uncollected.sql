-- 滞納繰越の突合: what a year left uncollected when its books closed is what the next year carried over.

with closed as (

    select
        claim_type,
        fiscal_year + 1 as fiscal_year,
        sum(uncollected_yen) as yen
    from {{ ref('agg_collection') }}
    where month = (fiscal_year + 1) || '-05'
    group by claim_type, fiscal_year

),

opened as (

    select distinct
        claim_type,
        fiscal_year,
        assessed_yen as yen
    from {{ ref('agg_collection') }}
    where collection_category = 'arrears'

)

select
    claim_type,
    fiscal_year,
    closed.yen as closed_yen,
    opened.yen as opened_yen
from closed
left join opened using (claim_type, fiscal_year)
where closed.yen <> coalesce(opened.yen, 0)
