-- 収納の突合: what the departments received = allocated to a claim + orphan, per source (I3).

with staged as (

    {{ union_of('receipts', var('claim_sources')) }}

),

received as (

    select
        source_code,
        count(*) as rows,
        sum(received_yen) as yen
    from staged
    group by source_code

),

placed as (

    select
        source_code,
        count(*) as rows,
        sum(case when allocation_state = 'allocated' and claim_id is not null then received_yen end) as allocated_yen,
        sum(case when allocation_state = 'orphan' and claim_id is null then received_yen end) as orphan_yen
    from {{ ref('int_receipts__allocated') }}
    group by source_code

)

select
    source_code,
    received.yen as received_yen,
    placed.allocated_yen,
    placed.orphan_yen
from received
full join placed using (source_code)
where
    received.rows is distinct from placed.rows
    or received.yen is distinct from coalesce(placed.allocated_yen, 0) + coalesce(placed.orphan_yen, 0)
