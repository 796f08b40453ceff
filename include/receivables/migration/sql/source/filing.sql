-- 交付要求・参加差押: one row per demand and claim.
select
    concat_ws('-', acts.filing_no, {act_claim}) as source_key,
    acts.filing_no,
    acts.measure_code,
    acts.case_no,
    acts.filed_on,
    acts.ended_on,
    {act_columns}
from raw.arrears__claim_filings as acts
{act_joins}
where {known}
