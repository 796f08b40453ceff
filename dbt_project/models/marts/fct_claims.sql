-- 債権: one row per instalment claim, with its balance, its debtor and what the law says about it.

{{ config(indexes=[{'columns': ['claim_id'], 'unique': true}, {'columns': ['debtor_id']}]) }}

with balances as (

    select * from {{ ref('int_claims__balances') }}

),

assessed as (

    select * from {{ source('law', 'claim_assessments') }}
    where as_of = {{ as_of() }}

),

dunned as (

    select distinct claim_id
    from {{ ref('int_claim_events__unioned') }}
    where
        event_type = 'dunned'
        and issued_on <= {{ as_of() }}

)

select
    ---------- ids
    balances.claim_id,
    balances.source_code,
    balances.source_claim_key,
    balances.claim_type,
    balances.legal_class,
    balances.class_rule_id,
    balances.owner_dept,
    link.debtor_id,
    balances.fiscal_year,
    balances.instalment_no,
    balances.claim_split_seq,
    -- 納付書の番号: what a slip bears and every channel tells back with the money (業務, 通知書番号, 期別)
    case
        when systems.system_code is not null
            then
                systems.system_code || lpad(balances.notice_no::text, 10, '0')
                || lpad(balances.instalment_no::integer::text, 2, '0')
    end as slip_no,

    ---------- dates
    balances.due_date,
    balances.contract_date,
    balances.basis_from,
    balances.basis_to,
    balances.last_paid_on,

    ---------- yen
    balances.assessed_yen,
    balances.received_yen,
    balances.provisional_yen,
    balances.written_off_yen,
    balances.refund_pending_yen,
    balances.outstanding_yen,

    ---------- 現年分 until the year's books close on 31 May, 滞納繰越分 after (地方自治法235条の5)
    case
        when {{ fiscal_year(as_of(), closing_months=2) }} > balances.fiscal_year then 'arrears'
        else 'current'
    end as collection_category,

    ---------- the furthest state it has reached
    case
        when balances.outstanding_yen = 0 and balances.written_off_yen > 0 then 'written_off'
        when balances.outstanding_yen = 0 then 'closed_paid'
        -- the law has ended it, whatever the books still show (地方自治法236条2項, 地方税法15条の7, …)
        when assessed.standing = 'extinct' then 'prescribed'
        when balances.due_date >= {{ as_of() }} then 'assessed'
        when dunned.claim_id is not null then 'dunned'
        else 'overdue'
    end as state,

    ---------- what the law says
    assessed.prescription_state,
    assessed.prescription_date_safe,
    assessed.prescription_date_alt,
    assessed.prescription_cause,
    assessed.standing,
    assessed.extinct_from,
    assessed.extinct_cause,
    assessed.awaits_invocation,
    assessed.held_by,
    assessed.held_until,
    assessed.delinquency_charge_yen,
    assessed.is_charge_known,
    assessed.charge_paid_yen,
    -- 収納すべき額: nothing is left to collect of a claim that the law has ended, though the books still show it
    case when assessed.standing = 'extinct' then 0 else balances.outstanding_yen end as collectable_yen,

    ---------- provenance
    balances.batch_id,
    balances.line_no,
    {{ batch_columns() }}
from balances
left join {{ source('identity', 'link') }} as link
    on
        balances.source_code = link.source_code
        and balances.source_debtor_key = link.source_debtor_key
left join {{ ref('system_codes') }} as systems
    on balances.source_code = systems.source_code
left join assessed
    on balances.claim_id = assessed.claim_id
left join dunned
    on balances.claim_id = dunned.claim_id
