-- 債権の統合: every department's instalments in one shape (vars.claim_sources in dbt_project.yml).

with unioned as (

    {{ union_of('claims', var('claim_sources')) }}

),

-- 債権区分の根拠: of claims whose class hangs on when and why the money was paid out (vars.basis_sources)
bases as (

    {{ union_of('bases', var('basis_sources')) }}

),

classes as (

    select * from {{ ref('claim_classes') }}

)

select
    unioned.source_code || ':' || unioned.source_claim_key as claim_id,
    unioned.*,
    -- The kind gives the class, unless the law gives it to the single claim: then its row must be found, or nothing
    -- stands here and the night stops.
    case
        when unioned.claim_type in (select classes.claim_type from classes) then own_class.legal_class
        else kind.legal_class
    end as legal_class,
    kind.owner_dept,
    own_class.class_rule_id,
    bases.claim_split_seq,
    bases.basis_from,
    bases.basis_to
from unioned
left join {{ ref('claim_types') }} as kind
    on unioned.claim_type = kind.claim_type
left join bases
    on
        unioned.source_code = bases.source_code
        and unioned.source_claim_key = bases.source_claim_key
left join classes as own_class
    on
        unioned.claim_type = own_class.claim_type
        and bases.ground_code = own_class.ground_code
        and bases.basis_from >= own_class.basis_from
        and bases.basis_to <= own_class.basis_to
