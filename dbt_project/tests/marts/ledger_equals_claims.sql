-- 台帳の突合 (I18): the balances that the ledger's entries give = those that readers see, per kind of claim and year.

with known as (

    select max(recording.through) as through
    from {{ source('ledger', 'recording') }} as recording
    where recording.as_of = {{ as_of() }}

),

entered as (

    select
        balances.claim_type,
        balances.fiscal_year,
        count(*) as claims,
        sum(balances.assessed_yen) as assessed_yen,
        sum(balances.received_yen) as received_yen,
        sum(balances.written_off_yen) as written_off_yen,
        sum(balances.outstanding_yen) as outstanding_yen
    from known
    cross join lateral ledger.balances_at(known.through) as balances
    group by balances.claim_type, balances.fiscal_year

),

shown as (

    select
        claim_type,
        fiscal_year,
        count(*) as claims,
        sum(assessed_yen) as assessed_yen,
        sum(received_yen) as received_yen,
        sum(written_off_yen) as written_off_yen,
        sum(outstanding_yen) as outstanding_yen
    from {{ ref('fct_claims') }}
    group by claim_type, fiscal_year

)

select
    claim_type,
    fiscal_year,
    entered.outstanding_yen as entered_yen,
    shown.outstanding_yen as shown_yen
from entered
full join shown using (claim_type, fiscal_year)
where
    entered.claims is distinct from shown.claims
    or entered.assessed_yen is distinct from shown.assessed_yen
    or entered.received_yen is distinct from shown.received_yen
    or entered.written_off_yen is distinct from shown.written_off_yen
    or entered.outstanding_yen is distinct from shown.outstanding_yen
