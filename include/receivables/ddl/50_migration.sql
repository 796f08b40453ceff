-- 移行: what was staged for the national standard, what was written, what an independent reader found.
-- Staged and re-read rows are identified data (宛名番号): only the migrator reads them. What others may see holds
-- counts, yen, digests and keyed hashes.

create schema if not exists migration;

-- Runs of the first shape held one group each; a rehearsal is made again, never carried over.
do $$ begin
    if exists (
        select from information_schema.columns
        where table_schema = 'migration' and table_name = 'run' and column_name = 'group_id'
    ) then
        drop schema migration cascade;
        create schema migration;
    end if;
end $$;

create sequence if not exists migration.run_number;

create table if not exists migration.run (
    run_id text primary key,
    kind text not null default 'rehearsal' check (kind in ('rehearsal', 'production', 'dry', 'return')),
    edition text not null,
    profile text not null,
    snapshot_date date not null,
    published_batch text not null, -- the batch of the warehouse that was staged
    revision text, -- of the program
    spec_sha256 text not null,
    map_sha256 text not null, -- over the maps of every group
    profile_sha256 text not null,
    plan jsonb not null default '{}', -- 移行計画: claim types with their targets, as they stood
    inputs jsonb not null default '{}', -- source: its batches with rows and yen as they were read
    finance jsonb, -- 会計の統制値: how finance's totals of the day differ from the warehouse's; null: none were there
    verdict text check (verdict in ('PASS', 'EXPLAINED', 'FAIL')),
    unexplained_rows bigint,
    unexplained_yen bigint,
    report_file text,
    report_sha256 text, -- of the report's JSON model; what people sign
    created_at timestamptz not null default clock_timestamp()
);
comment on table migration.run is '移行リハーサル: one staging of all groups, what it obeyed and its verdict';

create table if not exists migration.run_group (
    run_id text not null references migration.run,
    group_id text not null,
    position integer not null, -- 投入順
    maps jsonb not null, -- source: its map as it stood
    source_totals jsonb not null, -- source: kind of row: rows and yen, counted before anything was decided
    staged_rows bigint,
    warehouse_digest text, -- of the independent recomputation (W)
    staged_digest text,
    primary key (run_id, group_id)
);
comment on table migration.run_group is '移行グループ: one group of a run, the maps that fed it and the digests of its legs';

create table if not exists migration.row_ledger (
    run_id text not null references migration.run,
    group_id text not null,
    entity text not null, -- kind of source row: claim 調定, receipt 収納, dunning 督促 …
    source_code text not null,
    source_key text not null,
    disposition text not null check (disposition in ('staged', 'excluded', 'rejected', 'merged')),
    reason_code text,
    target_key text, -- where it went; null for what was not carried over
    amounts jsonb not null, -- component: yen
    primary key (run_id, group_id, entity, source_code, source_key),
    check ((disposition in ('excluded', 'rejected')) = (reason_code is not null)),
    check ((disposition in ('staged', 'merged')) = (target_key is not null))
);
comment on table migration.row_ledger is '行台帳: every source row of every group in exactly one disposition, with its yen';

create table if not exists migration.file_manifest (
    run_id text not null references migration.run,
    file_name text not null,
    group_id text not null,
    rows bigint not null,
    sums jsonb not null, -- component: yen
    sha256 text not null,
    bytes bigint not null,
    first_key_hash text,
    last_key_hash text,
    written_at timestamptz not null default clock_timestamp(),
    primary key (run_id, file_name)
);
comment on table migration.file_manifest is '移行ファイル: name, rows, sum per component and SHA-256 of each file as written';

create table if not exists migration.reread_issue (
    run_id text not null references migration.run,
    group_id text not null,
    check_id text not null,
    file_name text,
    row_no bigint, -- record of the file from 1, header included; null for the whole file
    item text,
    problem text not null -- never holds a value of a row
);
comment on table migration.reread_issue is '再読込の指摘: what the independent reader could not accept';

create table if not exists migration.recon_result (
    run_id text not null references migration.run,
    position integer not null,
    group_id text, -- null: of the run as a whole
    check_id text not null,
    legs text not null,
    grain text not null,
    title_ja text not null,
    status text not null check (status in ('PASS', 'EXPLAINED', 'FAIL', 'NOT RUN')),
    expected text,
    actual text,
    difference bigint not null,
    cause text,
    keys jsonb not null default '[]',
    primary key (run_id, position)
);
comment on table migration.recon_result is '照合結果: one check between two legs';

create table if not exists migration.recon_diff (
    run_id text not null references migration.run,
    group_id text not null,
    check_id text not null,
    legs text not null,
    key_hash text not null, -- keyed hash of the target key
    component text,
    a text,
    b text,
    class text not null,
    suspected_cause text
);
create index if not exists recon_diff_by_run on migration.recon_diff (run_id, check_id);
comment on table migration.recon_diff is '照合差異: differing rows by keyed hash and component, at most 1,000 per check and component';

-------- rights

grant usage on schema migration to migrator, approver, screen, auditor;
grant create on schema migration to migrator; -- a group's tables follow the edition of the standard
grant usage on sequence migration.run_number to migrator;
grant select, insert, update, delete on migration.run, migration.run_group, migration.row_ledger, migration.file_manifest,
migration.reread_issue, migration.recon_result, migration.recon_diff to migrator;
grant select on migration.run, migration.run_group, migration.file_manifest, migration.recon_result to approver, screen, auditor;
grant select on migration.recon_diff to screen, auditor;

-------- names and places, for the groups 宛名 and 連絡先

drop function if exists migration.persons_told(date);
create function migration.persons_told(p_as_of date)
returns table (
    addressee_no text, person_kind text, person_name text, person_kana text, birth_text text, sex_code text,
    postal_code text, address text, address_detail text, phone text, moved_on date, move_code text, is_protected boolean,
    is_withheld boolean
)
language plpgsql stable security definer set search_path = pg_catalog as $$
declare
    told record;
begin
    return query
    with known as (
        select r.addressee_no, v.person_name, v.person_kana, v.birth_date, r.sex_code, v.postal_code, v.address,
            v.address_detail, v.phone, v.household_no, r.moved_on, r.move_code,
            r.is_protected or exists (
                select from identity.link as l
                inner join identity.contact_fact as f on l.debtor_id = f.debtor_id
                where l.source_code = 'register' and l.source_debtor_key = r.addressee_no
                    and f.exclusion_code = 'X08' and f.valid_to is null
            ) as is_protected
        from raw.register__persons as r
        left join vault.register__persons as v
            on r.addressee_no = v.addressee_no and r._batch_id = v._batch_id and r._line_no = v._line_no
        where r._known_from <= p_as_of and (r._known_to is null or r._known_to > p_as_of)
    ), shared as (
        -- 支援措置: whoever lives with a protected person, or has the same place or number, tells where that person is.
        select k.addressee_no,
            k.is_protected
            or k.household_no in (select p.household_no from known as p where p.is_protected and p.household_no is not null)
            or k.address in (select p.address from known as p where p.is_protected and p.address is not null)
            or k.phone in (select p.phone from known as p where p.is_protected and p.phone is not null) as tells
        from known as k
    )
    select k.addressee_no, '1', k.person_name, k.person_kana, k.birth_date, k.sex_code,
        -- No such place and no such number leaves by file; people carry them over by hand.
        case when s.tells is not true then k.postal_code end,
        case when s.tells is not true then k.address end,
        case when s.tells is not true then k.address_detail end,
        case when s.tells is not true then k.phone end,
        k.moved_on, k.move_code, k.is_protected, s.tells is true
    from known as k inner join shared as s on k.addressee_no = s.addressee_no;

    -- 住登外者: debtors whom the register does not have, by the name that their department's own file gives them.
    for told in
        select n.nspname, c.relname from pg_class as c
        inner join pg_namespace as n on c.relnamespace = n.oid and n.nspname = 'vault'
        where c.relkind in ('r', 'p') and c.relname ~ '__(claims|instalments|decisions|rents)$'
            and (select count(*) from pg_attribute as a where a.attrelid = c.oid
                and a.attname in ('person_name', '_batch_id', '_line_no')) = 3
            and exists (select from pg_attribute as a
                where a.attrelid = to_regclass('raw.' || quote_ident(c.relname)) and a.attname = 'addressee_no')
        order by 1, 2
    loop
        return query execute format($q$
            select distinct on (r.addressee_no) r.addressee_no, '2', v.person_name, to_jsonb(v) ->> 'person_kana', null::text,
                null::text, null::text, null::text, null::text, null::text, null::date, null::text, false, false
            from raw.%1$I as r
            inner join vault.%1$I as v on r._batch_id = v._batch_id and r._line_no = v._line_no
            where r._known_from <= $1 and (r._known_to is null or r._known_to > $1) and v.person_name is not null
                and not exists (
                    select from raw.register__persons as p where p.addressee_no = r.addressee_no
                        and p._known_from <= $1 and (p._known_to is null or p._known_to > $1)
                )
            order by r.addressee_no, r._batch_id desc, r._line_no desc
        $q$, told.relname) using p_as_of;
    end loop;
end $$;
comment on function migration.persons_told(date) is
'宛名: names of the register, and places and numbers of those who are not protected; the migrator has no other way into the vault';
revoke all on function migration.persons_told(date) from public;
grant execute on function migration.persons_told(date) to migrator;
