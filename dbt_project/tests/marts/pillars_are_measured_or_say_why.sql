-- 五つの柱: every item of the plan is shown, and a value and a reason for none exclude each other.

select item_no::text as what
from generate_series(1, 20) as item (item_no)
where item_no not in (select shown.item_no from {{ ref('agg_plan_pillars') }} as shown)
union all
select indicator
from {{ ref('agg_plan_pillars') }}
where (value is null) <> (reason_ja is not null)
