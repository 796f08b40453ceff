-- 軽自動車税（種別割）の突合値: rows and yen of the three files as staging knows them, by the loader's measure and year.

with receipts as (

    select
        receipts.accounting_year,
        amount.measure,
        amount.yen
    from {{ ref('stg_light_vehicle_tax__receipts') }} as receipts
    cross join lateral (
        values
        ('principal_yen', receipts.principal_yen),
        ('delinquency_charge_yen', receipts.delinquency_charge_yen),
        ('dunning_fee_yen', receipts.dunning_fee_yen)
    ) as amount (measure, yen)

)

select
    'light_vehicle_tax__claims' as table_name,
    'assessed_yen' as measure,
    fiscal_year,
    count(*) as rows,
    sum(assessed_yen) as yen
from {{ ref('stg_light_vehicle_tax__claims') }}
group by fiscal_year

union all

select
    'light_vehicle_tax__receipts',
    measure,
    accounting_year,
    count(*),
    sum(yen)
from receipts
group by measure, accounting_year

union all

select
    'light_vehicle_tax__dunnings',
    'rows',
    0, -- letters have neither year nor yen
    count(*),
    0
from {{ ref('stg_light_vehicle_tax__events') }}
having count(*) > 0
