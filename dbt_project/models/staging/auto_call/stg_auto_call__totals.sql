-- オートコール結果の突合値: rows and yen as staging knows them.

select
    'auto_call__calls' as table_name,
    'rows' as measure,
    0 as fiscal_year,
    count(*) as rows,
    0 as yen
from {{ ref('stg_auto_call__contacts') }}
having count(*) > 0
