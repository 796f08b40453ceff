-- 軽自動車税（種別割）の督促: one row per dunning letter. Rename and type only; no law, no joins.

with dunnings as (

    {{ known_rows(source('light_vehicle_tax', 'light_vehicle_tax__dunnings')) }}

),

keyed as (

    select
        *,
        concat_ws('-', levy_year, tax_year, notice_no, lpad(instalment_no, 2, '0')) as source_claim_key
    from dunnings

)

select
    ---------- ids
    'light_vehicle_tax' as source_code,
    concat_ws('-', source_claim_key, dunning_seq) as source_event_key,
    source_claim_key,

    ---------- what happened; a returned letter (返戻) never reached the debtor
    case when returned_on is null then 'dunned' else 'dunning_returned' end as event_type,
    issued_on as event_date,
    issued_on,

    ---------- the tax system records neither
    null::date as arrived_on,
    null::date as designated_deadline,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from keyed
