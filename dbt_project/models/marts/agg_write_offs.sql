-- 不納欠損: what was written off, by the cause for which the law had ended the claim by that day. A write-off is
-- bookkeeping and ends nothing: where the law finds no end by then, the cause is unknown, which is a finding.

with written_off as (

    select
        balances.claim_type,
        balances.legal_class,
        coalesce(balances.written_off_on, {{ as_of() }}) as written_off_on,
        balances.fiscal_year as levied_in,
        balances.written_off_yen,
        claims.extinct_from,
        claims.extinct_cause
    from {{ ref('int_claims__balances') }} as balances
    inner join {{ ref('fct_claims') }} as claims
        on balances.claim_id = claims.claim_id
    where balances.written_off_yen <> 0

)

select
    claim_type,
    legal_class,
    greatest({{ fiscal_year('written_off_on') }}, levied_in) as fiscal_year,
    case when extinct_from <= written_off_on then extinct_cause else 'unknown' end as cause,
    count(*)::integer as claim_count,
    sum(written_off_yen)::bigint as written_off_yen,
    (count(*) filter (where extinct_from > written_off_on))::integer as too_early_count,
    {{ batch_columns() }}
from written_off
group by 1, 2, 3, 4
