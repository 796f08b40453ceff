-- ${title}の突合値: rows and yen of the file as staging knows them, by the loader's measure and year.

with instalments as (

    select
        ${year} as fiscal_year,
        amount.measure,
        amount.yen
    from {{ ref('stg_${source}__claims') }} as claims
    left join {{ ref('stg_${source}__receipts') }} as receipts
        on claims.source_claim_key = receipts.source_claim_key
    cross join lateral (
        values
        ${measures}
    ) as amount (measure, yen)

)

select
    '${table}' as table_name,
    measure,
    fiscal_year,
    count(*) as rows,
    coalesce(sum(yen), 0) as yen
from instalments
group by measure, fiscal_year
