-- 生活保護費返還金・徴収金の突合値: rows and yen of both files as staging knows them, by the loader's measure and year.

select
    'welfare_refund__decisions' as table_name,
    'assessed_yen' as measure,
    fiscal_year,
    count(*) as rows,
    sum(assessed_yen) as yen
from {{ ref('stg_welfare_refund__claims') }}
group by fiscal_year

union all

select
    'welfare_refund__receipts',
    'received_yen',
    0, -- the file tells no year
    count(*),
    sum(received_yen)
from {{ ref('stg_welfare_refund__receipts') }}
having count(*) > 0
