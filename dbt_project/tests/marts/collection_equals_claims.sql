-- 収入未済の突合: in the year now open, 現年分 + 滞納繰越分 leave uncollected exactly what the claims still owe.

with reported as (

    select
        claim_type,
        sum(uncollected_yen) as yen
    from {{ ref('agg_collection') }}
    where
        fiscal_year = {{ fiscal_year(as_of()) }}
        and month = to_char({{ as_of() }}, 'YYYY-MM')
    group by claim_type

),

owed as (

    select
        claim_type,
        sum(outstanding_yen) as yen
    from {{ ref('fct_claims') }}
    where fiscal_year <= {{ fiscal_year(as_of()) }} -- later instalments of a loan are not levied yet
    group by claim_type

)

select
    claim_type,
    reported.yen as reported_yen,
    owed.yen as owed_yen
from owed
full join reported using (claim_type)
where coalesce(reported.yen, 0) <> coalesce(owed.yen, 0)
