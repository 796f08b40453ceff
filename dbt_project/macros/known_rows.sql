{# What was known on the business date: raw keeps every version of a row with the days it held. #}
{% macro known_rows(relation) -%}
    select *
    from {{ relation }}
    where
        _known_from <= {{ as_of() }}
        and (_known_to is null or _known_to > {{ as_of() }})
{%- endmacro %}
