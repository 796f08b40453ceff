-- 滞納整理の突合値: rows and yen of the eight files as staging knows them; an act that the file has no row for is not one.

with counted as (

    select
        case
            when event_type in ('plan_due', 'acknowledged') then 'arrears__plans'
            when event_type in ('deferral', 'conversion_deferral') then 'arrears__deferrals'
            when event_type = 'seized' then 'arrears__seizures'
            when event_type = 'claim_filed' then 'arrears__claim_filings'
            when event_type = 'execution_stay' then 'arrears__stays'
            when event_type = 'late_charge_exempted' then 'arrears__charge_exemptions'
            when event_type = 'reminded' then 'arrears__reminders'
        end as table_name,
        case
            when event_type in ('plan_due', 'acknowledged') then 'planned_yen'
            when event_type = 'seized' then 'seized_yen'
            when event_type = 'late_charge_exempted' then 'exempted_yen'
            else 'rows'
        end as measure,
        amount_yen as yen
    from {{ ref('stg_arrears__cases') }}

    union all

    select
        'arrears__overpayments' as table_name,
        amount.measure,
        amount.yen
    from {{ ref('stg_arrears__overpayments') }} as overpayments
    cross join lateral (
        values
        ('overpaid_yen', overpayments.overpaid_yen),
        ('refunded_yen', overpayments.refunded_yen),
        ('offset_yen', overpayments.offset_yen)
    ) as amount (measure, yen)

)

select
    table_name,
    measure,
    0 as fiscal_year, -- a case has no year of its own
    count(*) as rows,
    coalesce(sum(yen), 0) as yen
from counted
where table_name is not null
group by table_name, measure
