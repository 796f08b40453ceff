-- 一円も失わない: rows and yen that the last file of each table brought equal what staging knows (I3).

with last_files as (

    select distinct on (table_name)
        table_name,
        accepted_rows,
        accepted_yen
    from {{ source('ops', 'load') }}
    where
        state = 'loaded'
        and business_date <= {{ as_of() }}
    order by table_name, business_date desc, created_at desc

),

staged as (

    select
        'resident_tax__claims' as table_name,
        count(*) as staged_rows,
        coalesce(sum(assessed_yen), 0) as staged_yen
    from {{ ref('stg_resident_tax__claims') }}
    union all
    select
        'resident_tax__receipts',
        count(*),
        coalesce(sum(principal_yen), 0)
    from {{ ref('stg_resident_tax__receipts') }}
    union all
    select
        'resident_tax__dunnings',
        count(*),
        0
    from {{ ref('stg_resident_tax__events') }}
    union all
    select
        'nhi__claims',
        count(*),
        coalesce(sum(assessed_yen), 0)
    from {{ ref('stg_nhi__claims') }}
    union all
    select
        'nhi__receipts',
        count(*),
        coalesce(sum(received_yen), 0)
    from {{ ref('stg_nhi__receipts') }}
    union all
    select
        'scholarship__instalments',
        count(*),
        coalesce(sum(assessed_yen), 0)
    from {{ ref('stg_scholarship__claims') }}
    union all
    select
        'register__persons',
        count(*),
        0
    from {{ ref('stg_register__persons') }}

)

select
    staged.table_name,
    last_files.accepted_rows,
    staged.staged_rows,
    last_files.accepted_yen,
    staged.staged_yen
from staged
left join last_files
    on staged.table_name = last_files.table_name
where
    staged.staged_rows <> coalesce(last_files.accepted_rows, 0)
    or staged.staged_yen <> coalesce(last_files.accepted_yen, 0)
