-- 関係と連絡先の状態: who stands beside a debtor and what that means, and whether a point of contact still reaches anybody.

-- 世帯番号 sets a protected person beside an address that others may know: it moves from raw to the vault.
do $$
begin
    if exists (
        select from information_schema.columns
        where table_schema = 'raw' and table_name = 'register__persons' and column_name = 'household_no'
    ) and to_regclass('vault.register__persons') is not null then
        alter table vault.register__persons add column if not exists household_no text;
        update vault.register__persons as v set household_no = r.household_no
        from raw.register__persons as r
        where v.addressee_no = r.addressee_no
            and daterange(v._known_from, v._known_to) && daterange(r._known_from, r._known_to);
        alter table raw.register__persons drop column household_no;
    end if;
end $$;

create table if not exists vault.relation_told (
    kind text not null,
    from_no text not null, -- 債務者の宛名番号
    to_no text not null check (to_no <> from_no), -- 関係者の宛名番号
    valid_from date not null,
    valid_to date check (valid_to >= valid_from), -- the last day it holds
    document_no text not null check (document_no <> ''),
    owner_dept text not null,
    told_by text not null,
    batch_id text not null, -- of the file's bytes
    told_at timestamptz not null default clock_timestamp(),
    primary key (kind, from_no, to_no, valid_from)
);
comment on table vault.relation_told is '所管課が届けた関係: relations that no source has, as a department told them by file';

create table if not exists vault.relation_name (
    person_ref text primary key check (person_ref ~ '^u[0-9a-f]{20}$'),
    source_code text not null,
    basis text not null, -- where the source names the person
    written_name text not null,
    name_key text not null
);
comment on table vault.relation_name is '氏名だけの関係者: persons whom a source names without a number, and who are nobody of the register yet';

create table if not exists identity.relation (
    relation_id text primary key check (relation_id ~ '^r[0-9a-f]{20}$'),
    kind text not null, -- law.relation_kinds says what it means
    from_ref text not null check (from_ref ~ '^[du][0-9a-f]{20}$'), -- whose debt it is about
    to_ref text not null check (to_ref ~ '^[dhu][0-9a-f]{20}$' and to_ref <> from_ref), -- d debtor, h household, u unknown
    source_code text not null, -- the source that tells it; told: a department's file
    state text not null check (state in ('resolved', 'unresolved')),
    valid_from date not null,
    valid_to date check (valid_to >= valid_from), -- the last day it holds
    owner_dept text not null,
    basis text not null, -- the document or loan it rests on
    batch_id text not null,
    check ((kind = 'household') = (to_ref like 'h%')),
    check ((state = 'unresolved') = (from_ref like 'u%' or to_ref like 'u%'))
);
create index if not exists relation_from on identity.relation (from_ref);
create index if not exists relation_to on identity.relation (to_ref);
comment on table identity.relation is
'関係: household, heirs, joint debtors, guarantors, guardians, officers, by pseudonyms; a protected person''s household is never here';

create table if not exists identity.contact_point (
    debtor_id text not null check (debtor_id ~ '^d[0-9a-f]{20}$'),
    channel text not null check (channel in ('address', 'phone')),
    point_hash text not null check (point_hash ~ '^p[0-9a-f]{20}$'), -- keyed, and another for each debtor
    state text not null check (state in ('ok', 'returned', 'dead', 'reassigned', 'moved', 'unknown')),
    since date check (since is not null or state = 'unknown'), -- the first day of this state
    evidence text not null check (evidence in ('letter', 'phone_centre', 'auto_call', 'sms', 'register')),
    batch_id text not null, -- that brought the evidence
    primary key (debtor_id, channel, point_hash)
);
comment on table identity.contact_point is
'連絡先の状態: whether a debtor''s address or number still reaches the debtor, one state for all claims; no value, none of protected persons';

grant select, insert, update, delete on vault.relation_told, vault.relation_name, identity.relation, identity.contact_point to etl;
grant select on identity.contact_point to sender;
