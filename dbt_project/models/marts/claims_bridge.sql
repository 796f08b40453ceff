-- 移行の橋渡し: every claim, moved or not, with where it lives and which system leads its balance on this day.

{{ config(indexes=[{'columns': ['claim_id'], 'unique': true}, {'columns': ['debtor_id']}]) }}

select
    ---------- ids
    claims.claim_id,
    claims.source_code,
    claims.claim_type,
    claims.owner_dept,
    claims.debtor_id,

    ---------- yen
    claims.outstanding_yen,

    ---------- where it lives
    coalesce(targets.target, 'undecided') as target, -- noqa: RF04
    targets.standard_system,
    coalesce(targets.state, 'none') as state,
    targets.cut_over_on,

    ---------- whose balance counts: before the cut-over the department's, from its day on the standard system's
    case
        when targets.target = 'stay' then 'this_ledger'
        when coalesce(targets.cut_over_on <= {{ as_of() }}, targets.state = 'done') then 'standard_system'
        else 'department_system'
    end as leads,
    -- 並行稼働: both systems hold it; a period without an end goes on
    coalesce(
        {{ as_of() }} between runs.from_on and coalesce(runs.to_on, {{ as_of() }}), false
    ) as is_in_both,

    ---------- provenance
    {{ batch_columns() }}
from {{ ref('fct_claims') }} as claims
left join {{ ref('claim_targets') }} as targets
    on claims.claim_type = targets.claim_type
left join {{ ref('parallel_runs') }} as runs
    on claims.claim_type = runs.claim_type
