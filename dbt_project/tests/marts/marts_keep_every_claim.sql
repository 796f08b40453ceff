-- 公開までの突合 (I3): claims, receipts and arrears keep every row and yen on the way into the marts.

with kept as (

    select
        'claims' as what,
        count(*) as rows,
        sum(outstanding_yen) as yen
    from {{ ref('int_claims__balances') }}
    union all
    select
        'receipts',
        count(*),
        sum(received_yen)
    from {{ ref('int_receipts__allocated') }}
    union all
    select
        'overdue',
        count(*),
        sum(outstanding_yen)
    from {{ ref('int_claims__balances') }}
    where
        outstanding_yen > 0
        and due_date < {{ as_of() }}

),

shown as (

    select
        'claims' as what,
        count(*) as rows,
        sum(outstanding_yen) as yen
    from {{ ref('fct_claims') }}
    union all
    select
        'receipts',
        count(*),
        sum(received_yen)
    from {{ ref('fct_receipts') }}
    union all
    select
        'overdue',
        sum(claim_count),
        sum(outstanding_yen)
    from {{ ref('agg_ageing') }}
    union all
    select
        'overdue',
        count(*),
        sum(outstanding_yen)
    from {{ ref('fct_delinquencies') }}

)

select
    what,
    kept.rows as kept_rows,
    shown.rows as shown_rows,
    kept.yen as kept_yen,
    shown.yen as shown_yen
from kept
full join shown using (what)
where
    coalesce(kept.rows, 0) <> coalesce(shown.rows, 0)
    or coalesce(kept.yen, 0) <> coalesce(shown.yen, 0)
