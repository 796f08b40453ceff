-- 催告対象者一覧の突合値: rows and yen as staging knows them.

select
    'contact_requests__requests' as table_name,
    'outstanding_yen' as measure,
    0 as fiscal_year,
    count(*) as rows,
    sum(outstanding_yen) as yen
from {{ ref('stg_contact_requests__requests') }}
having count(*) > 0
