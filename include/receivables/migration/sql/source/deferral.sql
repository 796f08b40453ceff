-- 徴収（換価）の猶予: one row per deferral and claim.
select
    concat_ws('-', acts.deferral_no, {act_claim}) as source_key,
    acts.deferral_no,
    acts.deferral_code,
    acts.first_on,
    acts.until_on,
    acts.cancelled_on,
    {act_columns}
from raw.arrears__deferrals as acts
{act_joins}
where {known}
