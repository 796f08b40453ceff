-- 移行の橋渡しの集計: claims, persons and yen of each department and kind, by where they live.

select
    owner_dept,
    claim_type,
    target,
    standard_system,
    leads,
    is_in_both,
    count(*)::integer as claim_count,
    count(*) filter (where outstanding_yen > 0)::integer as open_claim_count,
    count(distinct debtor_id)::integer as person_count,
    count(*) filter (where debtor_id is null)::integer as unlinked_claim_count,
    sum(outstanding_yen)::bigint as outstanding_yen,
    {{ batch_columns() }}
from {{ ref('claims_bridge') }}
group by owner_dept, claim_type, target, standard_system, leads, is_in_both
