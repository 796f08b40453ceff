-- 時効の監視リスト: overdue claims that end within a year, that have ended, or whose end nobody can tell; with the act that
-- still renews and that the class allows. Nothing is done by itself: staff decide.

with reminded as (

    -- A second 催告 within the grace of the first adds nothing (民法150条2項).
    select distinct events.claim_id
    from {{ ref('int_claim_events__unioned') }} as events
    inner join {{ ref('work_list_thresholds') }} as limits
        on limits.threshold = 'reminder_grace_months'
    where
        events.event_type = 'reminded'
        and events.event_date > {{ as_of() }} - make_interval(months => limits.value)

),

watched as (

    select
        overdue.*,
        claims.prescription_cause,
        claims.extinct_from,
        claims.extinct_cause,
        claims.awaits_invocation,
        claims.held_by as held_by_law,
        claims.collectable_yen,
        rules.dunning_article,
        overdue.prescription_date_safe - overdue.as_of as days_left,
        overdue.dunned_on + 1 + letters.seizable_after_days <= overdue.as_of as is_seizable,
        reminded.claim_id is null and overdue.prescription_state <> 'grace' as is_free_of_grace,
        array_to_string(array(select jsonb_array_elements_text(findings.missing)), '・') as missing,
        case
            when claims.awaits_invocation or overdue.prescription_state = 'completed' then 'completed'
            when overdue.dunned_on is null then 'undunned'
            else 'dunned'
        end as situation
    from {{ ref('fct_delinquencies') }} as overdue
    inner join {{ ref('fct_claims') }} as claims
        on overdue.claim_id = claims.claim_id
    inner join {{ source('law', 'claim_assessments') }} as findings
        on
            overdue.claim_id = findings.claim_id
            and overdue.as_of = findings.as_of
    left join {{ ref('prescription_rules') }} as rules
        on findings.prescription_rule_id = rules.rule_id
    left join {{ ref('claim_types') }} as kinds
        on overdue.claim_type = kinds.claim_type
    left join {{ ref('dunning_rules') }} as letters
        on kinds.dunning_rule = letters.rule_id
    left join reminded
        on overdue.claim_id = reminded.claim_id
    where
        overdue.prescription_date_safe - overdue.as_of <= 365
        or overdue.prescription_state = 'unknown'
        or claims.standing in ('extinct', 'unknown')

),

helping as (

    select
        watched.claim_id,
        (array_agg(acts.act order by acts.rank))[1] as act,
        (array_agg(acts.name_ja order by acts.rank))[1] as name_ja,
        (array_agg(
            case when acts.act = 'dunning' then coalesce(watched.dunning_article, acts.citation) else acts.citation end
            order by acts.rank
        ))[1] as article,
        array_to_string((array_agg(acts.name_ja order by acts.rank))[2:], '・') as others_ja
    from watched
    inner join {{ ref('prescription_acts') }} as acts
        on
            watched.legal_class = acts.legal_class
            and watched.situation = acts.situation
    where
        watched.standing <> 'extinct'
        and watched.held_by_law is null
        -- nobody is enforced against who keeps a plan
        and (watched.held_by is distinct from 'instalment_plan' or acts.act in ('dunning', 'acknowledgement'))
        and (acts.needs is null or acts.needs <> 'seizable' or watched.is_seizable)
        and (acts.needs is null or acts.needs <> 'no_grace' or watched.is_free_of_grace)
    group by watched.claim_id

)

select
    watched.claim_id, watched.source_code, watched.claim_type, watched.legal_class, watched.owner_dept,
    watched.debtor_id, watched.fiscal_year, watched.instalment_no, watched.due_date, watched.outstanding_yen,
    watched.dunned_on, watched.prescription_state, watched.prescription_date_safe, watched.prescription_date_alt,
    watched.prescription_cause, watched.days_left, watched.standing, watched.extinct_from, watched.extinct_cause,
    watched.held_by, watched.held_until,
    case
        when watched.standing = 'extinct' then 'ended'
        when watched.days_left is null or watched.days_left > 365 then 'unknown'
        when watched.days_left < 0 then 'passed'
        when watched.days_left <= 90 then '0-90'
        when watched.days_left <= 180 then '91-180'
        else '181-365'
    end as band,
    watched.collectable_yen as at_risk_yen,
    helping.act as act_that_helps,
    helping.name_ja as act_name_ja,
    helping.article as act_article,
    nullif(helping.others_ja, '') as other_acts_ja,
    nullif(watched.missing, '') as missing,
    case
        when watched.as_of > watched.prescription_date_safe and watched.as_of <= watched.prescription_date_alt
            then '二説の間：安全側の日を過ぎ、別説の日は来ていない'
        when watched.standing = 'unknown' or watched.prescription_state = 'unknown' then '不明の事実がある'
        when watched.awaits_invocation then '援用待ち：承認を求める前に法務の確認'
    end as escalation_ja,
    watched.as_of, watched.published_batch
from watched
left join helping
    on watched.claim_id = helping.claim_id
