-- 猶予・履行延期の一覧: deferrals and extensions that run on the business date, the first to end first.

with acts as (

    select * from {{ ref('int_claim_events__unioned') }}
    where event_date <= {{ as_of() }}

),

cancelled as (

    select
        claim_id,
        document_no,
        event_date
    from acts
    where event_type = 'deferral_cancelled'

)

select
    claims.claim_id,
    claims.source_code,
    claims.claim_type,
    claims.legal_class,
    claims.owner_dept,
    claims.debtor_id,
    claims.fiscal_year,
    claims.instalment_no,
    claims.outstanding_yen,
    acts.event_type as kind,
    acts.document_no as deferral_no,
    acts.ground_code,
    acts.event_date as since_on,
    acts.until_on,
    acts.until_on - claims.as_of as days_left,
    coalesce(claims.held_by = acts.event_type, false) as is_held_by_law,
    {{ batch_columns() }}
from acts
inner join {{ ref('fct_claims') }} as claims
    on acts.claim_id = claims.claim_id
where
    acts.event_type in ('deferral', 'conversion_deferral', 'extension')
    and claims.outstanding_yen > 0
    and coalesce(acts.until_on >= claims.as_of, true)
    and not exists (
        select from cancelled
        where
            acts.claim_id = cancelled.claim_id
            and acts.event_type <> 'extension'
            and acts.event_date <= cancelled.event_date
            and coalesce(acts.document_no = cancelled.document_no, true)
    )
