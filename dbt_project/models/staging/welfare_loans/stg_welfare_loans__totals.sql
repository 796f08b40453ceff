-- 福祉資金の突合値: instalments and the payments beside them as staging knows them, by the loader's measure and year.

with instalments as (

    select
        claims.fiscal_year,
        amount.measure,
        amount.yen
    from {{ ref('stg_welfare_loans__claims') }} as claims
    left join {{ ref('stg_welfare_loans__receipts') }} as receipts
        on claims.source_claim_key = receipts.source_claim_key
    cross join lateral (
        values
        ('assessed_yen', claims.assessed_yen),
        ('received_yen', receipts.received_yen)
    ) as amount (measure, yen)

)

select
    'welfare_loans__instalments' as table_name,
    measure,
    fiscal_year,
    count(*) as rows,
    coalesce(sum(yen), 0) as yen
from instalments
group by measure, fiscal_year
