-- 橋渡しの突合: what moved and what stays are together exactly the claims, per department and kind, to the yen.

with owed as (

    select
        owner_dept,
        claim_type,
        count(*) as claims,
        sum(outstanding_yen) as yen
    from {{ ref('fct_claims') }}
    group by owner_dept, claim_type

),

bridged as (

    select
        owner_dept,
        claim_type,
        sum(claim_count) as claims,
        sum(outstanding_yen) as yen
    from {{ ref('agg_bridge') }}
    group by owner_dept, claim_type

)

select
    owner_dept,
    claim_type,
    owed.claims as owed_claims,
    bridged.claims as bridged_claims,
    owed.yen as owed_yen,
    bridged.yen as bridged_yen
from owed
full join bridged using (owner_dept, claim_type)
where
    coalesce(owed.claims, 0) <> coalesce(bridged.claims, 0)
    or coalesce(owed.yen, 0) <> coalesce(bridged.yen, 0)
