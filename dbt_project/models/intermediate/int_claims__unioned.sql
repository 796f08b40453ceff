-- 債権の統合: every department's instalments in one shape. A new department adds one line here.

with unioned as (

    select * from {{ ref('stg_resident_tax__claims') }}
    union all
    select * from {{ ref('stg_nhi__claims') }}
    union all
    select * from {{ ref('stg_scholarship__claims') }}

)

select
    unioned.source_code || ':' || unioned.source_claim_key as claim_id,
    unioned.*,
    kind.legal_class,
    kind.owner_dept
from unioned
left join {{ ref('claim_types') }} as kind
    on unioned.claim_type = kind.claim_type
