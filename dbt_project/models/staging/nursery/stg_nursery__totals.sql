-- 保育所保育料の突合値: rows and yen of both tables as staging knows them, by the loader's measure and year.

with receipts as (

    select
        receipts.accounting_year,
        amount.measure,
        amount.yen
    from {{ ref('stg_nursery__receipts') }} as receipts
    cross join lateral (
        values
        ('received_yen', receipts.received_yen),
        ('principal_yen', receipts.principal_yen),
        ('delinquency_charge_yen', receipts.delinquency_charge_yen)
    ) as amount (measure, yen)

)

select
    'nursery__claims' as table_name,
    'assessed_yen' as measure,
    fiscal_year,
    count(*) as rows,
    sum(assessed_yen) as yen
from {{ ref('stg_nursery__claims') }}
group by fiscal_year

union all

select
    'nursery__receipts',
    measure,
    accounting_year,
    count(*),
    sum(yen)
from receipts
group by measure, accounting_year
