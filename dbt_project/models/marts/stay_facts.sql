-- 執行停止の判断材料: what the data tell of each overdue enforced claim. A part of wl_execution_stay, no table of its own.

{{ config(materialized='ephemeral') }}

with claims as (

    select * from {{ ref('fct_claims') }}
    where
        legal_class = 'enforced_public'
        and outstanding_yen > 0
        and due_date < as_of

),

limits as (

    select
        max(value) filter (where threshold = 'stay_no_payment_days') as no_payment_days,
        max(value) filter (where threshold = 'stay_claim_types') as claim_types,
        max(value) filter (where threshold = 'stay_check_months') as check_months
    from {{ ref('work_list_thresholds') }}

),

told as (

    select
        claim_id,
        min(issued_on) filter (where event_type = 'dunned') as dunned_on,
        max(event_date) filter (where event_type = 'seized') as seized_on,
        max(event_date) filter (where event_type = 'released') as released_on,
        max(event_date) filter (where event_type = 'execution_stay') as stayed_on,
        max(ground_code) filter (where event_type = 'execution_stay') as ground_code,
        max(document_no) filter (where event_type = 'execution_stay') as stay_no,
        bool_or(event_type = 'dunning_returned' or returned_on is not null) as has_returned_letter,
        bool_or(event_type = 'referred_to_support') as is_referred
    from (
        select
            *,
            -- of several stays of a claim the last
            event_type = 'execution_stay' and event_date < max(event_date) filter (where event_type = 'execution_stay')
                over (partition by claim_id) as is_former
        from {{ ref('int_claim_events__unioned') }}
        where
            event_type <> 'paid'
            and event_date <= {{ as_of() }}
            and claim_id in (select claims.claim_id from claims)
    ) as events
    where not coalesce(is_former, false)
    group by claim_id

),

debtors as (

    select
        overdue.debtor_id,
        count(distinct overdue.claim_type) as claim_types,
        bool_or(facts.debtor_id is not null) as is_on_welfare
    from {{ ref('fct_delinquencies') }} as overdue
    left join {{ source('facts', 'contact_fact') }} as facts
        on
            overdue.debtor_id = facts.debtor_id
            and facts.exclusion_code = 'X05'
            and overdue.as_of >= facts.valid_from
            and overdue.as_of <= coalesce(facts.valid_to, overdue.as_of)
    where overdue.debtor_id is not null
    group by overdue.debtor_id

),

-- What the same section has received of the debtor: it may see that itself.
paid as (

    select
        theirs.debtor_id,
        theirs.owner_dept,
        max(theirs.last_paid_on) as last_paid_on
    from {{ ref('fct_claims') }} as theirs
    where
        theirs.debtor_id in (
            select claims.debtor_id from claims
            where claims.held_by = 'execution_stay'
        )
    group by theirs.debtor_id, theirs.owner_dept

)

select
    claims.*,
    told.dunned_on,
    told.stayed_on,
    told.stay_no,
    told.ground_code,
    limits.no_payment_days,
    limits.check_months,
    case when told.dunned_on is not null then claims.as_of - greatest(told.dunned_on, claims.last_paid_on) end
        as days_without_payment,
    coalesce(paid.last_paid_on > told.stayed_on, false) as has_revival_sign,
    told.dunned_on is not null as has_dunning,
    coalesce(told.released_on >= told.seized_on and coalesce(claims.last_paid_on < told.seized_on, true), false)
        as has_seizure_without_result,
    -- One word for three facts: which of them it is may belong to another section (原因は所管外に示さない).
    coalesce(told.is_referred, false)
    or coalesce(debtors.is_on_welfare, false)
    or coalesce(debtors.claim_types >= limits.claim_types, false) as has_hardship_fact,
    coalesce(told.has_returned_letter, false) as has_returned_letter
from claims
cross join limits
left join told
    on claims.claim_id = told.claim_id
left join debtors
    on claims.debtor_id = debtors.debtor_id
left join paid
    on
        claims.debtor_id = paid.debtor_id
        and claims.owner_dept = paid.owner_dept
