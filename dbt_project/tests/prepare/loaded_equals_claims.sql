-- 一円も失わない (I3): rows and yen counted when the last file of each table was loaded equal what staging knows,
-- for every measure and every fiscal year that the file tells.

with last_files as (

    select distinct on (table_name) batch_id
    from {{ source('ops', 'load') }}
    where
        state = 'loaded'
        and business_date <= {{ as_of() }}
    order by table_name asc, business_date desc, created_at desc

),

loaded as (

    select
        table_name,
        measure,
        coalesce(fiscal_year, 0) as fiscal_year,
        rows,
        yen
    from {{ source('ops', 'control_total') }}
    where
        hop = 'load'
        and batch_id in (select last_files.batch_id from last_files)

),

tax_receipts as (

    select
        receipts.accounting_year,
        amount.measure,
        amount.yen
    from {{ ref('stg_resident_tax__receipts') }} as receipts
    cross join lateral (
        values
        ('principal_yen', receipts.principal_yen),
        ('delinquency_charge_yen', receipts.delinquency_charge_yen),
        ('dunning_fee_yen', receipts.dunning_fee_yen)
    ) as amount (measure, yen)

),

premium_receipts as (

    select amount.*
    from {{ ref('stg_nhi__receipts') }} as receipts
    cross join lateral (
        values
        ('received_yen', receipts.received_yen),
        ('principal_yen', receipts.principal_yen),
        ('delinquency_charge_yen', receipts.delinquency_charge_yen),
        ('dunning_fee_yen', receipts.dunning_fee_yen)
    ) as amount (measure, yen)

),

loan_receipts as (

    select
        claims.fiscal_year,
        receipts.received_yen
    from {{ ref('stg_scholarship__claims') }} as claims
    left join {{ ref('stg_scholarship__receipts') }} as receipts
        on claims.source_claim_key = receipts.source_claim_key

),

{% set cells = [
    ('resident_tax__claims', "'assessed_yen'", 'fiscal_year', 'assessed_yen', ref('stg_resident_tax__claims')),
    ('resident_tax__receipts', 'measure', 'accounting_year', 'yen', 'tax_receipts'),
    ('resident_tax__dunnings', "'rows'", '0', '0', ref('stg_resident_tax__events')),
    ('nhi__claims', "'assessed_yen'", 'fiscal_year', 'assessed_yen', ref('stg_nhi__claims')),
    ('nhi__receipts', 'measure', '0', 'yen', 'premium_receipts'),
    ('scholarship__instalments', "'assessed_yen'", 'fiscal_year', 'assessed_yen', ref('stg_scholarship__claims')),
    ('scholarship__instalments', "'received_yen'", 'fiscal_year', 'received_yen', 'loan_receipts'),
    ('register__persons', "'rows'", '0', '0', ref('stg_register__persons')),
] %}
staged as (

    {% for table_name, measure, fiscal_year, yen, relation in cells %}
        select
            '{{ table_name }}' as table_name,
            {{ measure }} as measure, -- noqa: AL09
            {{ fiscal_year }} as fiscal_year, -- noqa: AL09
            count(*) as rows,
            coalesce(sum({{ yen }}), 0) as yen
        from {{ relation }}
        group by 1, 2, 3 -- noqa: AM06
        {{ "union all" if not loop.last }}
    {% endfor %}

)

select
    table_name,
    measure,
    fiscal_year,
    loaded.rows as loaded_rows,
    staged.rows as staged_rows,
    loaded.yen as loaded_yen,
    staged.yen as staged_yen
from loaded
full join staged using (table_name, measure, fiscal_year)
where
    loaded.rows is distinct from staged.rows
    or loaded.yen is distinct from staged.yen
