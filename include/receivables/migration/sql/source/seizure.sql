-- 差押: one row per seizure and claim.
select
    concat_ws('-', acts.seizure_no, {act_claim}) as source_key,
    acts.seizure_no,
    acts.measure_code,
    acts.issued_on,
    acts.arrived_on,
    acts.released_on,
    acts.seized_yen,
    acts.seized_yen as of_seized_yen,
    {act_columns}
from raw.arrears__seizures as acts
{act_joins}
where {known}
