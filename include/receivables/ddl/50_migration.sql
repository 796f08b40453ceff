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
