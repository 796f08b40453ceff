-- 債権の統合: every department's instalments in one shape (vars.claim_sources in dbt_project.yml).

with unioned as (

    {{ union_of('claims', var('claim_sources')) }}

)

select
    unioned.source_code || ':' || unioned.source_claim_key as claim_id,
    unioned.*,
    kind.legal_class,
    kind.owner_dept
from unioned
left join {{ ref('claim_types') }} as kind
    on unioned.claim_type = kind.claim_type
