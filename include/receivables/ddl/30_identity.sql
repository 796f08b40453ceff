-- 名寄せ: which persons of the departments' systems are one debtor, and what a contact must respect.

create schema if not exists identity;

create table if not exists identity.link (
    source_code text not null,
    source_debtor_key text not null,
    debtor_id text not null check (debtor_id ~ '^d[0-9a-f]{20}$'),
    method text not null check (method in ('addressee_no')),
    probability numeric not null check (probability > 0 and probability <= 1),
    batch_id text not null,
    primary key (source_code, source_debtor_key)
);
create index if not exists link_of_debtor on identity.link (debtor_id);
comment on table identity.link is '名寄せ結果: one person of one system, and the debtor it is; who has no row here stays unlinked';

create table if not exists identity.contact_fact (
    debtor_id text not null check (debtor_id ~ '^d[0-9a-f]{20}$'),
    exclusion_code text not null,
    valid_from date not null,
    valid_to date check (valid_to >= valid_from), -- the last day it holds
    owner_dept text not null,
    batch_id text not null,
    primary key (debtor_id, exclusion_code, valid_from)
);
create unique index if not exists one_open_fact on identity.contact_fact (debtor_id, exclusion_code) where valid_to is null;
comment on table identity.contact_fact is '連絡制限: what the register says a contact must respect (死亡・支援措置・後見・生活保護・言語)';

create table if not exists identity.channel_stop (
    debtor_id text not null check (debtor_id ~ '^d[0-9a-f]{20}$'),
    channel text not null check (channel in ('phone_centre', 'auto_call', 'sms')),
    stopped_on date not null, -- the first day on which nobody may be asked there any more
    batch_id text not null,
    primary key (debtor_id, channel)
);
comment on table identity.channel_stop is '手段ごとの連絡停止: channels on which a person refused, or whose number is somebody else''s (X11_optout), as vendors reported';

grant usage on schema identity to etl, dbt, sender, migrator;
grant select, insert, update, delete on identity.link, identity.contact_fact, identity.channel_stop to etl;
grant select on identity.link, identity.contact_fact, identity.channel_stop to dbt, sender, migrator;
