-- 宛名: one row per person of the register; only those with a claim that moves are carried over (データの最小化).
select
    'register' as source_code,
    persons.addressee_no as source_key,
    persons.addressee_no,
    persons.person_name,
    persons.person_kana,
    case when persons.birth_text !~ '-00' then persons.birth_text::date end as birth_date,
    case when persons.birth_text ~ '-00' then '1' else '0' end as birth_unknown_flag,
    case when persons.birth_text ~ '-00' then persons.birth_text end as birth_unknown_text,
    persons.sex_code,
    persons.postal_code,
    persons.address,
    persons.address_detail,
    persons.moved_on,
    persons.move_code,
    case when persons.is_protected then '1' else '0' end as protected_flag,
    case when owing.addressee_no is null then 'NO_CLAIM' end as left_behind,
    null::text as broken
from migration.persons_told({snapshot}) as persons
left join (select distinct addressee_no from claim_keys) as owing
    on persons.addressee_no = owing.addressee_no
