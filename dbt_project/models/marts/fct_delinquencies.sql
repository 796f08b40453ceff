-- 滞納: open claims whose due date has passed. A claim due on the business date itself is not one yet.

{{ config(indexes=[{'columns': ['claim_id'], 'unique': true}, {'columns': ['debtor_id']}]) }}

with first_letter as (

    -- Only the first dunning renews the prescription, so it is the one that counts.
    select distinct on (claim_id)
        claim_id,
        issued_on as dunned_on,
        designated_deadline as dunning_deadline
    from {{ ref('int_claim_events__unioned') }}
    where
        event_type = 'dunned'
        and issued_on <= {{ as_of() }}
    order by claim_id, issued_on, event_id

),

-- 分納を履行中: the latest plan, kept so far as the money shows, or broken only in our own late data.
performing as (

    select distinct claim_id
    from {{ ref('wl_instalment_plans') }}
    where
        is_latest
        and not is_finished
        and plan_state <> 'broken'

),

overdue as (

    select
        *,
        as_of - due_date as days_overdue
    from {{ ref('fct_claims') }}
    where
        outstanding_yen > 0
        and due_date < as_of

)

select
    ---------- ids
    overdue.claim_id,
    overdue.source_code,
    overdue.claim_type,
    overdue.legal_class,
    overdue.owner_dept,
    overdue.debtor_id,
    overdue.fiscal_year,
    overdue.instalment_no,
    overdue.slip_no,

    ---------- how late
    overdue.due_date,
    overdue.days_overdue,
    case
        when overdue.days_overdue <= 30 then '1-30'
        when overdue.days_overdue <= 90 then '31-90'
        when overdue.days_overdue <= 180 then '91-180'
        when overdue.days_overdue <= 365 then '181-365'
        else '366-'
    end as ageing_bucket,

    ---------- yen
    overdue.outstanding_yen,
    overdue.provisional_yen,
    overdue.delinquency_charge_yen,
    coalesce(overdue.is_charge_known, false) as is_charge_known,
    greatest(overdue.delinquency_charge_yen - coalesce(overdue.charge_paid_yen, 0), 0)::bigint as charge_open_yen,

    ---------- what the law says
    overdue.prescription_state,
    overdue.prescription_date_safe,
    overdue.prescription_date_alt,
    overdue.standing,

    ---------- 催告を控えるもの: what the law or an agreement holds; first of all what the law does
    case
        when overdue.held_by is not null then overdue.held_by
        when told.is_entrusted then 'entrusted'
        when performing.claim_id is not null then 'instalment_plan'
        when told.is_given_back then 'given_back'
    end as held_by,
    overdue.held_until,

    ---------- what was done
    first_letter.dunned_on,
    first_letter.dunning_deadline,

    overdue.as_of,
    overdue.published_batch
from overdue
left join first_letter
    on overdue.claim_id = first_letter.claim_id
left join performing
    on overdue.claim_id = performing.claim_id
left join {{ ref('claims_told_of') }} as told
    on overdue.claim_id = told.claim_id
