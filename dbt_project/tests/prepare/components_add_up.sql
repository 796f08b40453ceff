-- 国民健康保険料の内訳: the parts of an instalment add up to it.

select
    claims.source_claim_key,
    claims.assessed_yen,
    sum(parts.assessed_yen) as parts_yen
from {{ ref('stg_nhi__claims') }} as claims
inner join {{ ref('stg_nhi__claim_components') }} as parts
    on claims.source_claim_key = parts.source_claim_key
group by claims.source_claim_key, claims.assessed_yen
having claims.assessed_yen <> sum(parts.assessed_yen)
