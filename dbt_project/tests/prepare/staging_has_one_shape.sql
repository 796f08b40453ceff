-- 列の並び: a union takes columns by their place, so every department's model of a kind has the same ones in one order.

with models as (

    {% for source_code in var('claim_sources') %}
        {% for kind in ['claims', 'receipts', 'events', 'totals'] %}
            select
                '{{ kind }}' as kind, -- noqa: AL09
                string_agg(attname, ', ' order by attnum) as shape -- noqa: AL09
            from pg_attribute
            where
                attrelid = '{{ ref('stg_' ~ source_code ~ '__' ~ kind) }}'::regclass
                and attnum > 0
            union all
        {% endfor %}
    {% endfor %}
    {% for source_code in var('case_sources') %}
        select
            'cases' as kind, -- noqa: AL09
            string_agg(attname, ', ' order by attnum) as shape -- noqa: AL09
        from pg_attribute
        where
            attrelid = '{{ ref('stg_' ~ source_code ~ '__cases') }}'::regclass
            and attnum > 0
        union all
    {% endfor %}
    select
        null,
        null

)

select
    kind,
    count(distinct shape) as shapes
from models
group by kind
having count(distinct shape) > 1
