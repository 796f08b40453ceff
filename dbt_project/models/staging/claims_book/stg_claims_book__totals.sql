-- 債権管理台帳の突合値: rows and yen as staging knows them.

select
    'claims_book__acts' as table_name,
    'amount_yen' as measure,
    0 as fiscal_year,
    count(*) as rows,
    coalesce(sum(amount_yen), 0) as yen
from {{ ref('stg_claims_book__cases') }}
having count(*) > 0
