-- 滞納: one row per instalment still owed after its due date, with what stands against collecting it.
with held as (

    select
        acts.claim_id,
        coalesce(bool_or(acts.event_type = 'instalment_plan'), false) as has_plan,
        coalesce(bool_or(acts.event_type in ('seized', 'claim_filed')), false) as has_measure,
        coalesce(bool_or(acts.event_type = 'execution_stay'), false) as has_stay
    from intermediate.int_claim_events__unioned as acts
    where acts.claim_id is not null and acts.event_type in ('instalment_plan', 'seized', 'claim_filed', 'execution_stay')
    group by acts.claim_id

)

select
    claims.source_code,
    claims.source_claim_key as source_key,
    claims.claim_type,
    claims.levy_year,
    claims.fiscal_year,
    claims.notice_no,
    claims.instalment_no,
    claims.addressee_no,
    claims.child_no,
    claims.due_date,
    case when coalesce(held.has_plan, false) then '1' else '0' end as has_plan,
    case when coalesce(held.has_measure, false) then '1' else '0' end as has_measure,
    case when coalesce(held.has_stay, false) then '1' else '0' end as has_stay,
    case when claims.written_off_yen <> 0 then '1' else '0' end as has_write_off,
    null::text as left_behind,
    null::text as broken,
    balances.outstanding_yen as of_outstanding_yen
from claim_keys as claims
inner join intermediate.int_claims__balances as balances
    on
        claims.source_code = balances.source_code
        and claims.source_claim_key = balances.source_claim_key
left join held
    on balances.claim_id = held.claim_id
where
    balances.outstanding_yen > 0
    and claims.due_date < {snapshot}
