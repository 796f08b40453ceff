-- 滞納の年齢: how many overdue claims and yen by how long they are overdue.

select
    claim_type,
    ageing_bucket,
    count(*)::integer as claim_count,
    sum(outstanding_yen)::bigint as outstanding_yen,
    {{ batch_columns() }}
from {{ ref('fct_delinquencies') }}
group by claim_type, ageing_bucket
