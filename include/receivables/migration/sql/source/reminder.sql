-- 催告: one row per letter and claim.
select
    concat_ws('-', {act_claim}, acts.issued_on) as source_key,
    acts.issued_on,
    acts.deadline,
    acts.kind_code,
    {act_columns}
from raw.arrears__reminders as acts
{act_joins}
where {known}
