{# Every mart row says for which day and in which published batch it stands (I4). #}
{% macro batch_columns() -%}
    {{ as_of() }} as as_of,
    '{{ var("published_batch") }}'::text as published_batch
{%- endmacro %}
