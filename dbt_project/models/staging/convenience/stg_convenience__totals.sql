-- コンビニ収納の突合値: rows and yen as staging knows them.

select
    'convenience__notices' as table_name,
    'paid_yen' as measure,
    0 as fiscal_year,
    count(*) as rows,
    sum(paid_yen) as yen
from {{ ref('stg_convenience__notices') }}
having count(*) > 0
