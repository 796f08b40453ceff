-- 宛名: one row per person of the register, and per debtor whom it does not have (住登外者); only those with a claim
-- that moves are carried over (データの最小化).
with told as (

    select distinct on (addressee_no) * from migration.persons_told({snapshot})
    -- Two departments may tell one name, one of them without its reading.
    order by addressee_no, person_kind, person_name collate "C", person_kana collate "C" nulls last

),

nameless as (

    select distinct claims.addressee_no
    from claim_keys as claims
    where not exists (select from told where told.addressee_no = claims.addressee_no)

),

persons as (

    select * from told
    union all
    select
        addressee_no, '2', null, null, null, null, null, null, null, null, null, null, false, false
    from nameless

)

select
    'register' as source_code,
    persons.addressee_no as source_key,
    persons.addressee_no,
    persons.person_kind,
    persons.person_name,
    persons.person_kana,
    case when persons.birth_text !~ '-00' then persons.birth_text::date end as birth_date,
    case when persons.birth_text ~ '-00' then '1' when persons.birth_text is not null then '0' end as birth_unknown_flag,
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
from persons
left join (select distinct addressee_no from claim_keys) as owing
    on persons.addressee_no = owing.addressee_no
