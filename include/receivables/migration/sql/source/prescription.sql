-- 時効: one row per instalment whose clock runs, has stopped or has ended on the snapshot's day; computed last.
select
    claims.source_code,
    claims.source_claim_key as source_key,
    claims.claim_type,
    claims.levy_year,
    claims.fiscal_year,
    claims.notice_no,
    claims.instalment_no,
    claims.addressee_no,
    claims.child_no,
    claims.due_date,
    case when periods.years = 2 then judged.prescription_date_safe end as two_years_on,
    case when periods.years = 5 then judged.prescription_date_safe end as five_years_on,
    case when judged.held_by = 'execution_stay' then judged.held_until end as stay_until,
    case
        when judged.prescription_date_safe is null then 'NO_CLOCK'
        when periods.years is null then 'OTHER_PERIOD'
    end as left_behind,
    null::text as broken
from law.claim_assessments as judged
inner join intermediate.int_claims__unioned as told
    on judged.claim_id = told.claim_id
inner join claim_keys as claims
    on
        told.source_code = claims.source_code
        and told.source_claim_key = claims.source_claim_key
left join (
    select distinct rule_id, years from law.prescription_rules where years in (2, 5)
) as periods
    on judged.prescription_rule_id = periods.rule_id
where judged.as_of = {snapshot}
