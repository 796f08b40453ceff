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

staged as (

    {{ union_of('totals',
        var('claim_sources') + var('case_sources') + var('channel_sources') + var('contact_sources') + var('case_sources')
        + var('other_sources')) }}

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
