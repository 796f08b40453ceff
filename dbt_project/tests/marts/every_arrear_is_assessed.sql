-- 法令の適用漏れ: every overdue claim has its assessment of this very date.

select overdue.claim_id
from {{ ref('fct_delinquencies') }} as overdue
left join {{ source('law', 'claim_assessments') }} as assessed
    on
        overdue.claim_id = assessed.claim_id
        and overdue.as_of = assessed.as_of
where assessed.claim_id is null
