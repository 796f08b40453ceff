-- 債権の内訳: of claims that the law was applied to, what is left of each part; a claim without parts is one, the principal.

{{ config(indexes=[{'columns': ['claim_id']}]) }}

with assessed as (

    select
        claims.claim_id,
        claims.claim_type,
        claims.owner_dept,
        claims.fiscal_year,
        claims.written_off_yen,
        coalesce(part.component_code, 'principal') as component_code,
        case
            when part.component_code is null then claims.assessed_yen
            else (part.told ->> 'assessed_yen')::bigint
        end as assessed_yen,
        case
            when part.component_code is null then claims.received_yen
            else (part.told ->> 'paid_yen')::bigint
        end as paid_yen
    from {{ ref('fct_claims') }} as claims
    inner join {{ source('law', 'claim_assessments') }} as findings
        on
            claims.claim_id = findings.claim_id
            and claims.as_of = findings.as_of
    left join lateral jsonb_each(findings.components) as part (component_code, told) on true

),

-- Departments write off a whole claim: each part bears it by what was unpaid, to the yen (按分).
unpaid as (

    select
        *,
        sum(greatest(assessed_yen - paid_yen, 0)) over so_far as up_to_yen,
        sum(greatest(assessed_yen - paid_yen, 0)) over (partition by claim_id) as unpaid_yen
    from assessed
    window so_far as (partition by claim_id order by component_code)

),

shared as (

    select
        *,
        greatest(assessed_yen - paid_yen, 0) as part_yen,
        div(up_to_yen * least(written_off_yen, unpaid_yen), nullif(unpaid_yen, 0)) as shared_up_to_yen
    from unpaid

)

select
    claim_id,
    component_code,
    claim_type,
    owner_dept,
    fiscal_year,
    assessed_yen,
    paid_yen,
    coalesce(shared_up_to_yen - lag(shared_up_to_yen, 1, 0::numeric) over so_far, 0)::bigint as written_off_yen,
    (part_yen - coalesce(shared_up_to_yen - lag(shared_up_to_yen, 1, 0::numeric) over so_far, 0))::bigint
        as outstanding_yen,
    {{ batch_columns() }}
from shared
window so_far as (partition by claim_id order by component_code)
