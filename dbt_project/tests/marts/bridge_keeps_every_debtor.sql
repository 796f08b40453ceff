-- 債務者ごとの突合: what a debtor owes on both sides of the move is what he owes.

with bridged as (

    select
        debtor_id,
        sum(outstanding_yen) as yen
    from {{ ref('claims_bridge') }}
    where debtor_id is not null
    group by debtor_id

)

select
    debtor_id,
    debtors.outstanding_yen as owed_yen,
    bridged.yen as bridged_yen
from {{ ref('dim_debtors') }} as debtors
full join bridged using (debtor_id)
where coalesce(debtors.outstanding_yen, 0) <> coalesce(bridged.yen, 0)
