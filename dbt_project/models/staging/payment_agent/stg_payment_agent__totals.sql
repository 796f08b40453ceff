-- 指定納付受託者の報告の突合値: rows and yen as staging knows them.

select
    'payment_agent__reports' as table_name,
    'paid_yen' as measure,
    0 as fiscal_year,
    count(*) as rows,
    sum(paid_yen) as yen
from {{ ref('stg_payment_agent__notices') }}
having count(*) > 0
