-- 執行停止の候補と停止中の監視: enforced claims whose facts point to a ground, with the evidence that is still missing, and
-- stays that run, with their countdown. 候補 is a question to staff and never a state of the claim: a person decides.

with facts as (

    select
        *,
        case
            when extinct_cause in ('execution_stay', 'immediate') then 'ended'
            when held_by = 'execution_stay' then 'running'
            when standing = 'stands' and held_by is null and days_without_payment >= no_payment_days then 'candidate'
        end as status,
        array_remove(
            array[
                case when has_dunning then 'dunning' end,
                case when has_seizure_without_result then 'seizure_without_result' end,
                case when has_hardship_fact then 'hardship_fact' end,
                case when has_returned_letter then 'returned_letter' end
            ],
            null
        ) as evidence
    from {{ ref('stay_facts') }}

),

-- 事由: of a stay the one decided, of a candidate every one for which something speaks.
grounds as (

    select
        facts.claim_id,
        string_agg(distinct listed.ground_code, ',' order by listed.ground_code) as ground_codes,
        string_agg(distinct listed.name_ja, '・') filter (where listed.evidence <> all(facts.evidence))
            as missing_evidence_ja
    from facts
    inner join {{ ref('stay_evidence') }} as listed
        on
            (facts.status = 'candidate' or facts.ground_code = listed.ground_code)
            and listed.ground_code in (
                select spoken_for.ground_code
                from {{ ref('stay_evidence') }} as spoken_for
                where
                    facts.status <> 'candidate'
                    or (spoken_for.evidence <> 'dunning' and spoken_for.evidence = any(facts.evidence))
            )
    where facts.status is not null
    group by facts.claim_id

)

select
    ---------- ids
    facts.claim_id,
    facts.source_code,
    facts.claim_type,
    facts.owner_dept,
    facts.debtor_id,
    facts.fiscal_year,
    facts.instalment_no,
    facts.due_date,
    facts.outstanding_yen,

    ---------- what the list says, and on what it stands
    facts.status,
    case facts.status when 'candidate' then '候補' when 'running' then '停止中' else '停止により消滅' end as status_ja,
    grounds.ground_codes,
    facts.days_without_payment,
    facts.has_dunning,
    facts.has_seizure_without_result,
    facts.has_hardship_fact,
    facts.has_returned_letter,
    grounds.missing_evidence_ja,

    ---------- the countdown: a stay does not stop prescription, the earlier end counts
    facts.stay_no,
    facts.stayed_on,
    case when facts.status = 'running' then facts.held_until when facts.status = 'ended' then facts.extinct_from - 1 end
        as until_on,
    case when facts.status = 'running' then facts.held_until - facts.as_of end as days_left,
    facts.prescription_date_safe,
    case when facts.status = 'running' then least(facts.held_until, facts.prescription_date_safe) end as ends_on,
    case
        when facts.status = 'running' and facts.prescription_date_safe < facts.held_until then 'prescription'
        when facts.status = 'running' then 'execution_stay'
    end as ends_first_by,

    ---------- 資力の回復の確認
    case
        when facts.status = 'running' then facts.has_revival_sign
    end as has_revival_sign,
    case
        when facts.status = 'running' then (
            facts.stayed_on + make_interval(
                months => facts.check_months * (1 + div(
                    12 * extract(year from age(facts.as_of, facts.stayed_on))
                    + extract(month from age(facts.as_of, facts.stayed_on)), facts.check_months
                )::integer)
            )
        )::date
    end as next_check_on,
    facts.as_of,
    facts.published_batch
from facts
left join grounds
    on facts.claim_id = grounds.claim_id
where
    facts.status in ('running', 'ended')
    or grounds.ground_codes is not null
