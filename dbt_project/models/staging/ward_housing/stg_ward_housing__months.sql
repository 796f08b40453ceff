-- 区営住宅使用料の月別: the months that stand side by side in the sheet, one below the other.

{% set months = ['04', '05', '06', '07', '08', '09', '10', '11', '12', '01', '02', '03'] %}

with rents as (

    {{ known_rows(source('ward_housing', 'ward_housing__rents')) }}

),

keyed as (

    select
        *,
        concat_ws('-', contract_no, case kind_code when '家賃' then 1 else 2 end) as notice_no,
        concat_ws('-', contract_no, levy_year, case kind_code when '家賃' then 1 else 2 end) as row_key
    from rents

),

months as (

    {% for month in months %}
        select
            keyed.*,
            {{ loop.index }} as instalment_no,
            assessed_{{ month }}_yen as assessed_yen,
            received_{{ month }}_yen as received_yen,
            paid_{{ month }}_on as paid_on,
            dunned_{{ month }}_on as dunned_on
        from keyed
        {{ "union all" if not loop.last }}
    {% endfor %}

)

select
    row_key,
    concat_ws('-', row_key, lpad(instalment_no::text, 2, '0')) as source_claim_key,
    addressee_no,
    levy_year,
    notice_no,
    contract_date,
    instalment_no,
    -- the contract makes a month's rent due at its end; the sheet has no column for it
    (make_date(levy_year, 4, 1) + make_interval(months => instalment_no) - interval '1 day')::date as due_date,
    assessed_yen,
    received_yen,
    paid_on,
    dunned_on,
    _batch_id as batch_id,
    _line_no as line_no
from months
where assessed_yen is not null -- empty before the contract began, and where nothing is levied yet
