-- 統合で増減しない: rows and yen of every source and year are the same before and after the union (I3).

with staged as (

    {{ union_of('claims', var('claim_sources')) }}

),

before as (

    select
        source_code,
        fiscal_year,
        count(*) as rows,
        sum(assessed_yen) as yen
    from staged
    group by source_code, fiscal_year

),

after as (

    select
        source_code,
        fiscal_year,
        count(*) as rows,
        sum(assessed_yen) as yen
    from {{ ref('int_claims__balances') }}
    group by source_code, fiscal_year

)

select
    source_code,
    fiscal_year,
    before.rows as staged_rows,
    after.rows as unioned_rows,
    before.yen as staged_yen,
    after.yen as unioned_yen
from before
full join after using (source_code, fiscal_year)
where
    before.rows is distinct from after.rows
    or before.yen is distinct from after.yen
