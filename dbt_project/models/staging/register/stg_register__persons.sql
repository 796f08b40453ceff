-- 住民宛名: one row per person, without anything that names or finds one (that stays in vault).

with persons as (

    {{ known_rows(source('register', 'register__persons')) }}

)

select
    ---------- ids
    addressee_no as source_debtor_key,

    ---------- what a contact must respect
    died_on,
    died_on is not null as is_deceased,
    is_protected,
    has_guardian,
    is_on_welfare,
    coalesce(language_code, 'ja') as language_code,

    ---------- changes of name and place; of a protected person none is told
    renamed_on,
    case when not is_protected then moved_on end as moved_on,
    case when not is_protected then move_code end as move_code,

    ---------- provenance
    _batch_id as batch_id,
    _line_no as line_no
from persons
