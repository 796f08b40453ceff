-- 分割納付計画: one row per line of a plan or pledge.
select
    concat_ws('-', acts.plan_no, {act_claim}, acts.line_no) as source_key,
    acts.plan_no,
    acts.line_no,
    acts.due_on,
    acts.planned_yen,
    acts.signed_on,
    acts.planned_yen as of_planned_yen,
    {act_columns}
from raw.arrears__plans as acts
{act_joins}
where {known}
