{# 基準日 as a date: given by the caller, never read from a clock. #}
{% macro as_of() -%}
    date '{{ var("as_of") }}'
{%- endmacro %}
