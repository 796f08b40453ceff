-- 催告を控える申し出: claims about which something was said that no rule of the law holds.

{{ config(materialized='ephemeral') }}

with

-- 弁護士委任中: entrusted and not returned since. 還付・充当の後に未納: who had paid owes again. One of the two books may be
-- behind the other, so nobody writes before both were looked at.
told as (

    select
        claim_id,
        max(event_date) filter (where event_type = 'entrusted')
        > coalesce(max(event_date) filter (where event_type = 'returned'), date '0001-01-01') as is_entrusted,
        md5(
            string_agg(concat_ws(' ', event_id, amount_yen), ',' order by event_id)
            filter (where event_type in ('refunded', 'offset'))
        ) as given_back_facts
    from {{ ref('int_claim_events__unioned') }}
    where
        event_type in ('entrusted', 'returned', 'refunded', 'offset')
        and event_date <= {{ as_of() }}
    group by claim_id

),

-- 両帳簿を確認した: the last word of two people is that it is owed, and nothing else was given back since.
looked_at as (

    select distinct on (subject)
        subject as claim_id,
        facts,
        answer
    from {{ source('decision', 'in_force') }}
    where
        kind = 'given_back'
        and effective_on <= {{ as_of() }}
    order by subject asc, taken_up_at desc, decision_id asc

)

select
    told.claim_id,
    told.is_entrusted,
    told.given_back_facts is not null and looked_at.claim_id is null as is_given_back
from told
left join looked_at
    on
        told.claim_id = looked_at.claim_id
        and told.given_back_facts = looked_at.facts
        and looked_at.answer = 'owed'
