-- 区営住宅使用料の突合値: rows of the sheet and the yen of their months as staging knows them, by measure and year.

with months as (

    select
        months.levy_year,
        months.row_key,
        amount.measure,
        amount.yen
    from {{ ref('stg_ward_housing__months') }} as months
    cross join lateral (
        values
        ('assessed_total_yen', months.assessed_yen),
        ('received_total_yen', months.received_yen)
    ) as amount (measure, yen)

)

select
    'ward_housing__rents' as table_name,
    measure,
    levy_year as fiscal_year,
    count(distinct row_key) as rows,
    coalesce(sum(yen), 0) as yen
from months
group by measure, levy_year
