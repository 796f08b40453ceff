-- 内訳: the parts of claims that have several (vars.component_sources); every other claim is one part, the principal.

{{ config(materialized='view') }}

with parts as (

    {{ union_of('claim_components', var('component_sources')) }}

)

select
    source_code || ':' || source_claim_key as claim_id,
    component_code,
    assessed_yen
from parts
