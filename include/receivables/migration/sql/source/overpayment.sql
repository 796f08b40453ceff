-- 過誤納: one row per overpayment and claim.
select
    concat_ws('-', acts.overpayment_no, {act_claim}) as source_key,
    acts.overpayment_no,
    acts.found_on,
    acts.cause_code,
    acts.overpaid_yen,
    acts.refunded_yen,
    acts.offset_yen,
    acts.noticed_on,
    acts.refunded_on,
    acts.overpaid_yen as of_overpaid_yen,
    acts.refunded_yen as of_refunded_yen,
    acts.offset_yen as of_offset_yen,
    {act_columns}
from raw.arrears__overpayments as acts
{act_joins}
where {known}
