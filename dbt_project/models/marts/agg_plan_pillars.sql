-- 重点プランの五つの柱: one row per indicator of the plan's twenty items. What the warehouse cannot measure has no value and
-- says why; a share of nothing has none either.

with figures as (

    select * from {{ ref('plan_figures_of_claims') }}
    union all
    select * from {{ ref('plan_figures_of_lists') }}
    union all
    select * from {{ ref('plan_figures_of_contacts') }}

)

select
    listed.pillar,
    case listed.pillar
        when 1 then '適正管理'
        when 2 then '累積化防止'
        when 3 then '徴収体制'
        when 4 then '生活困窮'
        when 5 then '法改正・標準準拠'
    end as pillar_ja,
    listed.item_no,
    listed.indicator,
    listed.name_ja,
    listed.unit,
    case listed.unit
        when 'permille' then div(1000 * figures.numerator, nullif(figures.denominator, 0))
        when 'percent' then round(100.0 * figures.numerator / nullif(figures.denominator, 0), 2)
        else figures.numerator
    end as value,
    figures.numerator::bigint as numerator,
    figures.denominator::bigint as denominator,
    case
        when figures.indicator is null then listed.reason_ja
        when listed.unit in ('permille', 'percent') and coalesce(figures.denominator, 0) = 0 then '分母が0'
    end as reason_ja,
    {{ batch_columns() }}
from {{ ref('plan_indicators') }} as listed
left join figures
    on listed.indicator = figures.indicator
