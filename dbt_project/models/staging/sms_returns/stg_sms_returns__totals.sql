-- SMS配信結果の突合値: rows and yen as staging knows them.

select
    'sms_returns__statuses' as table_name,
    'rows' as measure,
    0 as fiscal_year,
    count(*) as rows,
    0 as yen
from {{ ref('stg_sms_returns__contacts') }}
having count(*) > 0
