-- 内訳の突合: the parts of a claim add up to it: assessed, written off, outstanding.

with parts as (

    select
        claim_id,
        sum(assessed_yen) as assessed_yen,
        sum(written_off_yen) as written_off_yen,
        sum(outstanding_yen) as outstanding_yen
    from {{ ref('fct_claim_components') }}
    group by claim_id

)

select
    claims.claim_id,
    claims.assessed_yen,
    parts.assessed_yen as parts_assessed_yen,
    claims.outstanding_yen,
    parts.outstanding_yen as parts_outstanding_yen
from {{ ref('fct_claims') }} as claims
inner join parts
    on claims.claim_id = parts.claim_id
where
    claims.assessed_yen <> parts.assessed_yen
    or claims.outstanding_yen <> parts.outstanding_yen
    or claims.written_off_yen < parts.written_off_yen
