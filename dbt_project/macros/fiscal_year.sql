{# 会計年度 of a day: April to March (地方自治法208条); `closing_months` 2 adds 出納整理期間 to 31 May (235条の5). #}
{% macro fiscal_year(day, closing_months=0) -%}
    extract(year from {{ day }} - interval '{{ 3 + closing_months }} months')::integer
{%- endmacro %}
