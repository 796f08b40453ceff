{# One staging model of each source in one shape: claims, receipts, events or totals. #}
{% macro union_of(kind, sources) %}
    {%- for source_code in sources -%}
        {{ 'union all ' if not loop.first }}select * from {{ ref('stg_' ~ source_code ~ '__' ~ kind) }}
    {% endfor %}
{% endmacro %}
