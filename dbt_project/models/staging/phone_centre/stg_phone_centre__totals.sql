-- 電話催告センター架電結果の突合値: rows and yen as staging knows them.

select
    'phone_centre__calls' as table_name,
    'promised_yen' as measure,
    0 as fiscal_year,
    count(*) as rows,
    coalesce(sum(promised_yen), 0) as yen
from {{ ref('stg_phone_centre__contacts') }}
having count(*) > 0
