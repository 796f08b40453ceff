-- 債務者（仮名）: one row per linked debtor that has a claim; nothing here names or finds a person.

{{ config(indexes=[{'columns': ['debtor_id'], 'unique': true}]) }}

with blocked as (

    -- 言語 (X17) asks for another text, it blocks nobody.
    select distinct debtor_id
    from {{ source('facts', 'contact_fact') }}
    where
        exclusion_code in ('X05', 'X07', 'X08', 'X14')
        and valid_from <= {{ as_of() }}
        and (valid_to is null or valid_to >= {{ as_of() }})

)

select
    claims.debtor_id,
    count(distinct claims.claim_type)::integer as claim_type_count,
    count(*) filter (where claims.outstanding_yen > 0)::integer as open_claim_count,
    sum(claims.outstanding_yen)::bigint as outstanding_yen,
    coalesce(bool_or(blocked.debtor_id is not null), false) as contact_block,
    {{ batch_columns() }}
from {{ ref('fct_claims') }} as claims
left join blocked
    on claims.debtor_id = blocked.debtor_id
where claims.debtor_id is not null
group by claims.debtor_id
