-- 連絡先: the telephone of each person with a claim that moves; of protected persons nothing (支援措置), a person carries it over.
select
    'register' as source_code,
    persons.addressee_no as source_key,
    persons.addressee_no,
    persons.phone,
    case
        when owing.addressee_no is null then 'NO_CLAIM'
        when persons.is_withheld then 'PROTECTED'
        when persons.phone is null then 'NO_PHONE'
    end as left_behind,
    null::text as broken
from migration.persons_told({snapshot}) as persons
left join (select distinct addressee_no from claim_keys) as owing
    on persons.addressee_no = owing.addressee_no
where persons.person_kind = '1'
