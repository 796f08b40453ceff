-- 宛名の突合値: the persons of the snapshot as staging knows them.

select
    'register__persons' as table_name,
    'rows' as measure,
    0 as fiscal_year,
    count(*) as rows,
    0 as yen
from {{ ref('stg_register__persons') }}
having count(*) > 0
