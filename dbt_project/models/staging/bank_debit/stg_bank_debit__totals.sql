-- 口座振替結果の突合値: rows and yen as staging knows them, by the loader's measure.

with results as (

    select amount.*
    from {{ ref('stg_bank_debit__notices') }} as notices
    cross join lateral (
        values
        ('requested_yen', notices.paid_yen),
        ('collected_yen', case when notices.kind = 'announced' then notices.paid_yen else 0 end),
        ('uncollected_yen', case when notices.kind = 'failed' then notices.paid_yen else 0 end)
    ) as amount (measure, yen)

)

select
    'bank_debit__results' as table_name,
    measure,
    0 as fiscal_year,
    count(*) as rows,
    sum(yen) as yen
from results
group by measure
