-- 時効の監視リスト: overdue claims that end within a year, or whose end nobody can tell. Soonest first.

select
    overdue.claim_id,
    overdue.source_code,
    overdue.claim_type,
    overdue.legal_class,
    overdue.owner_dept,
    overdue.debtor_id,
    overdue.fiscal_year,
    overdue.instalment_no,
    overdue.due_date,
    overdue.outstanding_yen,
    overdue.dunned_on,
    overdue.prescription_state,
    overdue.prescription_date_safe,
    overdue.prescription_date_alt,
    claims.prescription_cause,
    overdue.prescription_date_safe - overdue.as_of as days_left,
    overdue.as_of,
    overdue.published_batch
from {{ ref('fct_delinquencies') }} as overdue
inner join {{ ref('fct_claims') }} as claims
    on overdue.claim_id = claims.claim_id
where
    overdue.prescription_date_safe is null
    or overdue.prescription_date_safe - overdue.as_of <= 365
order by days_left nulls first, overdue.claim_id
