-- 名寄せ: which persons of the departments' systems are one debtor, and what a contact must respect.

create schema if not exists identity;

create table if not exists identity.link (
    source_code text not null,
    source_debtor_key text not null,
    debtor_id text not null check (debtor_id ~ '^d[0-9a-f]{20}$'),
    method text not null,
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

---------- who is who: persons, their keys, and what the matching found

create unlogged table if not exists vault.person_found (
    person_ref text not null, -- <source>:<number>, and #<hash> behind it for a second name under one number
    source_code text not null,
    source_debtor_key text not null, -- 宛名番号 as the source wrote it
    written text[] not null, -- what the source wrote, in the order of receivables.identity.keying.Written
    fingerprint bigint not null
);
comment on table vault.person_found is '名寄せの対象: persons as the sources have them tonight; emptied before each night';

create unlogged table if not exists vault.number_touched (
    number text not null
);
comment on table vault.number_touched is '動きのあった宛名番号: of the table being collected';

create table if not exists vault.person_key (
    person_ref text primary key,
    source_code text not null,
    source_debtor_key text not null,
    fingerprint bigint not null, -- of what was written, and of the edition of the keys
    household_no text,
    name_key text,
    family_key text,
    given_key text,
    kana_key text,
    kana_loose_key text,
    alias_key text,
    kanji_key text,
    katakana_key text,
    former_key text,
    birth_year integer,
    birth_month integer,
    birth_day integer,
    sex_code text,
    address_key text,
    former_address_key text,
    postal_code text,
    phone_key text,
    is_deceased boolean
);
comment on table vault.person_key is '名寄せのキー: what is compared of each person; made anew only for who changed';

create table if not exists vault.former_holder (
    person_ref text primary key,
    anchor text not null, -- the group he was in
    name_key text,
    kana_key text,
    alias_key text,
    former_key text,
    birth_year integer,
    birth_month integer,
    birth_day integer
);
-- One row for each id that the number had: under which keys it was given, whatever was corrected since.
alter table vault.former_holder add column if not exists keys_version integer; -- null: not known, an earlier one
alter table vault.former_holder add column if not exists noted_at timestamptz not null default clock_timestamp();
alter table vault.former_holder drop constraint if exists former_holder_pkey, add primary key (person_ref, anchor);
comment on table vault.former_holder is
'番号の保有者: under which names and birth date a number got its id, kept once they changed or the person left the register';

create table if not exists identity.reused (
    person_ref text not null, -- the register's row of the number
    retired_anchor text not null, -- what it bore before, and nobody bears again
    found_on date not null, -- 基準日 of the night that saw it
    primary key (person_ref, retired_anchor)
);
comment on table identity.reused is '番号の再利用: numbers that name and birth date say are another person''s now';

create table if not exists identity.matched_by (
    only_row boolean primary key default true check (only_row),
    settings jsonb not null -- the model with which identity.pair was made
);
alter table identity.matched_by add column if not exists edition text not null default ''; -- a fingerprint of rules, weights and what is kept
comment on table identity.matched_by is '照合に使ったモデル: another one than now in force makes the next night do the whole';

create table if not exists identity.pending (
    person_ref text primary key
);
comment on table identity.pending is '照合待ち: who is new, changed or gone since the last matching';

create table if not exists identity.pair (
    ref_l text not null,
    ref_r text not null check (ref_l < ref_r),
    outcome text not null check (outcome in ('link', 'review', 'no_link')),
    method text, -- of a link: number, evidence
    reasons text not null, -- codes: why it is no link
    evidence text not null, -- fields that agree besides name and birth date
    weight double precision, -- bits; null: told for another reason than its weight
    mw_surname double precision,
    mw_given double precision,
    mw_birth double precision,
    mw_sex double precision,
    mw_address double precision,
    mw_phone double precision,
    decided text, -- what the two alone gave, before the whole was looked at
    primary key (ref_l, ref_r)
);
create index if not exists pair_of_right on identity.pair (ref_r);
comment on table identity.pair is '照合の結果: pairs of persons with outcome, reasons and weights; no name, no address';

create table if not exists identity.cluster (
    person_ref text primary key,
    anchor text not null
);
create index if not exists cluster_anchor on identity.cluster (anchor);
-- A further id of a number (register:N~2), found by the ref before the ~: few have one.
create index if not exists cluster_further_anchor on identity.cluster (split_part(anchor, '~', 1)) where anchor like '%~%';
comment on table identity.cluster is '人のまとまり: each person of a source under the lasting id that the matching gave';

create table if not exists identity.unknown_number (
    person_ref text primary key
);
comment on table identity.unknown_number is '住民記録にない宛名番号: whose number the register does not know';

create table if not exists identity.slip (
    person_ref text not null, -- of identity.unknown_number
    other_ref text not null, -- of the register: same name and reading, a number one slip away
    primary key (person_ref, other_ref)
);
create index if not exists slip_of_other on identity.slip (other_ref);
comment on table identity.slip is '誤記の候補: who may have been meant by a number that nobody has; one alone is told as a pair';

create table if not exists identity.event (
    event_no bigint generated always as identity primary key,
    as_of date not null,
    event text not null check (event in ('created', 'joined', 'left', 'merged', 'split')),
    person_ref text not null,
    from_anchor text,
    to_anchor text,
    recorded_at timestamptz not null default clock_timestamp()
);
create index if not exists event_of_ref on identity.event (person_ref);
comment on table identity.event is '名寄せの異動: no id ever moves without a row here';
create or replace trigger event_is_fixed before update or delete on identity.event
for each row execute function ledger.refuse_change();

create table if not exists identity.debtor (
    anchor text primary key,
    debtor_id text not null unique check (debtor_id ~ '^d[0-9a-f]{20}$')
);
comment on table identity.debtor is '仮名ID: the pseudonym of each group that the register knows or knew; never changed, so an id stays what it was';

create table if not exists identity.collected (
    table_name text primary key,
    as_of date not null,
    whole_on date not null, -- the last night on which every row was read
    keys_version integer not null
);
comment on table identity.collected is '収集の記録: how far the persons of each table of the sources are known';

create table if not exists identity.collected_batch (
    batch_id text primary key
);
comment on table identity.collected_batch is '収集済みの取込バッチ: whose persons are in vault.person_key';

create table if not exists identity.merge (
    merge_no bigint generated always as identity primary key,
    decision_id text not null, -- the confirmed decision that made them one
    kept_id text not null check (kept_id ~ '^d[0-9a-f]{20}$'),
    lost_id text not null check (lost_id ~ '^d[0-9a-f]{20}$' and lost_id <> kept_id),
    from_on date not null, -- 基準日 of the night that joined them
    until_on date check (until_on >= from_on), -- the night that parted them again; null: still one
    ended_by text, -- the decision that parted them
    recorded_at timestamptz not null default clock_timestamp()
);
create unique index if not exists merge_in_force on identity.merge (lost_id) where until_on is null;
comment on table identity.merge is '統合: two debtors that people found to be one, from when and until when';

create table if not exists identity.night (
    night_no bigint generated always as identity primary key,
    as_of date not null,
    persons bigint not null, -- of all sources that tell names
    changed bigint not null, -- new, changed or gone since the night before
    is_whole boolean not null, -- everybody was compared anew
    events bigint not null, -- moves of a lasting id
    linked bigint not null, -- persons of the departments' systems who are a debtor
    unlinked bigint not null,
    to_review bigint not null,
    bound jsonb, -- from which weight on pairs were linked by evidence, and what proves it
    ended_at timestamptz not null default clock_timestamp()
);
comment on table identity.night is '名寄せの記録: what each night compared and found';

create table if not exists identity.sampled (
    month text not null check (month ~ '^[0-9]{4}-[0-9]{2}$'),
    pair text not null, -- two refs with | between: persons that the matching took for one
    method text not null, -- how they were linked
    linked_pairs bigint not null, -- how many pairs of that method the sample was drawn from
    drawn_at timestamptz not null default clock_timestamp(),
    verdict text check (verdict in ('same', 'different', 'unclear')),
    judged_by text,
    why text,
    judged_at timestamptz,
    primary key (month, pair),
    check ((verdict is null) = (judged_by is null))
);
comment on table identity.sampled is '名寄せの抜取検査: automatic links that a person looked at, month by month, to bound how many are wrong';

create table if not exists identity.viewing (
    viewing_no bigint generated always as identity primary key,
    pair text not null,
    user_name text not null,
    why text not null check (why <> ''),
    role_name text not null default session_user,
    viewed_at timestamptz not null default clock_timestamp()
);
comment on table identity.viewing is '閲覧記録: who looked at which two persons in full, when and why';
create or replace trigger viewing_is_fixed before update or delete on identity.viewing
for each row execute function ledger.refuse_change();

create table if not exists identity.source_trust (
    as_of date not null,
    source_code text not null,
    numbered bigint not null,
    registered bigint not null,
    corroborated bigint not null,
    trust_permille integer, -- of the registered; null where a source has no name to compare
    primary key (as_of, source_code)
);
comment on table identity.source_trust is '宛名番号の信頼度: how often a source''s number is borne out by name or reading';

alter table identity.link drop constraint if exists link_method_check, add constraint link_method_check
check (method in ('addressee_no', 'number', 'evidence', 'review'));
grant select, insert, update, delete on vault.person_found, vault.person_key, vault.former_holder, identity.debtor, identity.collected,
identity.collected_batch, identity.sampled, identity.pending, identity.matched_by, identity.pair, identity.cluster, identity.merge,
identity.source_trust, identity.unknown_number, identity.slip to etl;
grant select, insert on identity.reused, identity.event, identity.night, identity.viewing to etl;
grant select on identity.merge to sender;
grant usage on schema identity to screen;
grant select on identity.night to screen;
grant select (month, method, linked_pairs, verdict) on identity.sampled to screen;

create or replace function identity.facts_of(p_one text, p_other text) returns text
language sql stable set search_path = pg_catalog as $$
    -- Who the two are, not where they live: a decision outlasts a move, not a change of name or birth date.
    select md5(jsonb_agg(jsonb_build_array(
        person_ref, name_key, kana_key, alias_key, kanji_key, katakana_key, former_key, birth_year, birth_month, birth_day,
        sex_code
    ) order by person_ref)::text)
    from vault.person_key where person_ref in (p_one, p_other)
$$;
comment on function identity.facts_of is '二人の同一性の指紋: what two people looked at when they said who is who';

create or replace function identity.names_meet(p_now text[], p_before text[]) returns boolean
language sql immutable set search_path = pg_catalog as $$
    -- Of each: the reading first, then 氏名, 通称, 旧姓. A reading is shared by many: it counts where a name is missing.
    select array_remove(p_now[2:], null) && array_remove(p_before[2:], null)
        or (p_now[1] = p_before[1] and (p_now[2] is null or p_before[2] is null)) is true
$$;
comment on function identity.names_meet is '氏名の一致: whether a name of the one is a name of the other';

create or replace function identity.also_known_as(p_debtor_ids text[]) returns table (debtor_id text, was text)
language sql stable set search_path = pg_catalog as $$
    select given.id, given.id from unnest(p_debtor_ids) as given (id)
    union all
    select kept_id, lost_id from identity.merge where until_on is null and kept_id = any(p_debtor_ids)
$$;
comment on function identity.also_known_as is '統合前の仮名ID: every id under which these debtors were known, their own among them';
