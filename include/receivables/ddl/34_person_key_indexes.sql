-- Indexes of vault.person_key, run again by a night that filled most of it without them (receivables.identity.persons).

create index if not exists person_key_of_debtor on vault.person_key (source_debtor_key);
-- What the blocking rules look for (japanese.yaml), its derived columns written as there.
create index if not exists person_key_number on vault.person_key ((
    case when source_debtor_key not in ('0000000000', '9999999999', '000000000000000', '999999999999999')
    then source_debtor_key end
));
create index if not exists person_key_birth on vault.person_key (
    (birth_year * 10000 + birth_month * 100 + birth_day), given_key
);
create index if not exists person_key_name_year on vault.person_key (name_key, birth_year);
create index if not exists person_key_kana_day on vault.person_key (kana_loose_key, birth_month, birth_day);
drop index if exists vault.person_key_name, vault.person_key_kana_loose; -- of earlier editions: only the name
create index if not exists person_key_address on vault.person_key (address_key);
create index if not exists person_key_former_address on vault.person_key (former_address_key, name_key)
where former_address_key is not null;
create index if not exists person_key_phone on vault.person_key (phone_key);
create index if not exists person_key_alias on vault.person_key (alias_key) where alias_key is not null;
create index if not exists person_key_former on vault.person_key (former_key) where former_key is not null;
