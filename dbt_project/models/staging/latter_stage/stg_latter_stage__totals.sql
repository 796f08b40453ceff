-- 後期高齢者医療保険料の突合値: rows and yen of both files as staging knows them, by the loader's measure and year.

with receipts as (

    select amount.*
    from {{ ref('stg_latter_stage__receipts') }} as receipts
    cross join lateral (
        values
        ('received_yen', receipts.received_yen),
        ('principal_yen', receipts.principal_yen),
        ('delinquency_charge_yen', receipts.delinquency_charge_yen)
    ) as amount (measure, yen)

)

select
    'latter_stage__claims' as table_name,
    'assessed_yen' as measure,
    fiscal_year,
    count(*) as rows,
    sum(assessed_yen) as yen
from {{ ref('stg_latter_stage__claims') }}
group by fiscal_year

union all

select
    'latter_stage__receipts',
    measure,
    0, -- the file tells no year
    count(*),
    sum(yen)
from receipts
group by measure
