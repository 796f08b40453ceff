-- 延滞金の減免: one row per exemption and claim.
select
    concat_ws('-', acts.exemption_no, {act_claim}) as source_key,
    acts.exemption_no,
    acts.first_on,
    acts.until_on,
    acts.exempted_yen,
    acts.extent_code,
    acts.decided_on,
    acts.exempted_yen as of_exempted_yen,
    {act_columns}
from raw.arrears__charge_exemptions as acts
{act_joins}
where {known}
