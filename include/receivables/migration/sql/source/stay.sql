-- 執行停止: one row per stay and claim.
select
    concat_ws('-', acts.stay_no, {act_claim}) as source_key,
    acts.stay_no,
    acts.stayed_on,
    acts.ground_code,
    acts.cancelled_on,
    acts.extinct_on,
    case when acts.is_immediate then '1' else '0' end as immediate_flag,
    {act_columns}
from raw.arrears__stays as acts
{act_joins}
where {known}
