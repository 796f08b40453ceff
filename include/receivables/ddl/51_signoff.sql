-- 検収: which differences people accepted, who signed which report in which role, and what was released.
-- From the first signature on nothing of a run changes any more, for nobody.

alter table migration.run add column if not exists changed jsonb; -- 意味の変わる項目 with whom they touched; null: not counted
alter table migration.run add column if not exists made_by text; -- 実施者: signs nothing of it; null: not told

---------- explained differences

create table if not exists migration.differing (
    run_id text not null references migration.run,
    group_id text not null, -- '': of the run as a whole
    check_id text not null,
    legs text not null,
    component text not null, -- '': the whole row
    kind text not null, -- 差異区分
    rows bigint not null check (rows >= 0),
    yen bigint not null check (yen >= 0), -- sum of the absolute differences
    keys_sha256 text not null check (keys_sha256 ~ '^[0-9a-f]{64}$'), -- over the sorted keyed hashes of the differing keys
    primary key (run_id, group_id, check_id, legs, component, kind)
);
comment on table migration.differing is '差異の明細: what the last reconciliation of a run found to differ, each with its exact numbers';

create table if not exists migration.acceptance (
    acceptance_id text primary key, -- the decision in which two persons say so: decision.proposal
    base_run text not null references migration.run, -- where it was seen
    sources jsonb not null, -- 対象: it is tested by runs of the same sources
    group_id text not null,
    check_id text not null check (check_id not in ('C-100', 'R-001', 'R-002', 'R-090')), -- there the evidence itself is broken
    legs text not null,
    component text not null,
    kind text not null,
    rows bigint not null,
    yen bigint not null,
    keys_sha256 text not null,
    reason_code text not null,
    reason text not null check (btrim(reason) <> ''),
    ticket text not null check (btrim(ticket) <> ''),
    valid_runs integer check (valid_runs >= 0), -- further runs after the base run
    valid_until date, -- last snapshot day
    proposed_by text not null,
    proposed_at timestamptz not null default clock_timestamp(),
    check (num_nonnulls(valid_runs, valid_until) > 0)
);
comment on table migration.acceptance is '説明済みの差異: exact numbers, the reason, the ticket and until when; never changed';
create or replace trigger acceptance_is_fixed before update or delete on migration.acceptance
for each row execute function campaign.refuse_change();

create table if not exists migration.acceptance_test (
    run_id text not null references migration.run,
    acceptance_id text not null references migration.acceptance,
    outcome text not null check (outcome in ('explained', 'void', 'expired', 'waiting')),
    rows bigint not null, -- of this run
    yen bigint not null,
    keys_sha256 text not null,
    approved_by text,
    note text,
    tested_at timestamptz not null default clock_timestamp(),
    primary key (run_id, acceptance_id)
);
comment on table migration.acceptance_test is '説明の再検査: each acceptance against the numbers of each run; void once is void for all later runs';

---------- signatures

create table if not exists migration.signer (
    run_id text not null references migration.run,
    role text not null check (role ~ '^[a-z_]+(:[a-z_]+)?$'),
    title_ja text not null,
    position integer not null,
    primary key (run_id, role)
);
comment on table migration.signer is '署名者の役割: who must sign the run''s report, as the municipality configures it';

create table if not exists migration.report_view (
    view_id bigint generated always as identity primary key,
    run_id text not null references migration.run,
    file_name text not null,
    sha256 text not null,
    drawn_at timestamptz not null default clock_timestamp()
);
comment on table migration.report_view is '報告書の写し: digest of each page and PDF as drawn; the last of a file counts';

create table if not exists migration.signoff (
    run_id text not null references migration.run,
    user_name text not null check (user_name <> ''),
    role text, -- null: a rehearsal, signed by somebody without a role
    report_sha256 text not null,
    decision text not null default 'accepted' check (decision in ('accepted', 'rejected')),
    reason text,
    signed_at timestamptz not null default clock_timestamp(),
    signature text not null,
    primary key (run_id, user_name), -- one person, one role
    check ((decision = 'rejected') = (btrim(coalesce(reason, '')) <> ''))
);
create unique index if not exists signoff_role on migration.signoff (run_id, role) where decision = 'accepted';
comment on table migration.signoff is '署名: one person who answers in one role for one report, bound to its digest';
create or replace trigger signoff_is_fixed before update or delete on migration.signoff
for each row execute function campaign.refuse_change();

create table if not exists migration.release (
    run_id text primary key references migration.run,
    report_sha256 text not null,
    files jsonb not null, -- name: SHA-256, read again at the release
    released_at timestamptz not null default clock_timestamp()
);
comment on table migration.release is '払出し: files that may go to the receiver';
create or replace trigger release_is_fixed before update or delete on migration.release
for each row execute function campaign.refuse_change();

create or replace function migration.holds_duty(p_user text, p_duty text) returns boolean
language sql stable security definer set search_path = pg_catalog as $$
    select exists (
        select from campaign.approver as a
        where a.user_name = p_user and p_duty = any(a.duties)
            and (clock_timestamp() at time zone 'Asia/Tokyo')::date between a.valid_from and coalesce(a.valid_to, 'infinity')
    )
$$;

create or replace function migration.is_production_edition(p_run_id text) returns boolean
language sql stable security definer set search_path = pg_catalog as $$
    select coalesce(bool_and(status = 'PASS'), false)
    from migration.recon_result where run_id = p_run_id and check_id = 'C-110'
$$;
comment on function migration.is_production_edition(text) is 'C-110 passed for every group: no draft, no item of unknown length';

create or replace function migration.refuse_unsound_signoff() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
    found_run migration.run;
begin
    -- Waits for a reconciliation that is going on; it then waits for us.
    select * into found_run from migration.run where run_id = new.run_id for share;
    if found_run.report_sha256 is distinct from new.report_sha256 then
        raise exception 'another report' using errcode = 'RM002';
    elsif exists (select from migration.signoff where run_id = new.run_id and decision = 'rejected') then
        raise exception 'rejected' using errcode = 'RM003';
    elsif new.user_name <> lower(btrim(normalize(new.user_name, nfkc))) then
        raise exception 'a name in another spelling' using errcode = 'RM009';
    elsif new.signed_at not between clock_timestamp() - interval '1 minute' and clock_timestamp() + interval '1 second' then
        raise exception 'signed at another time' using errcode = 'RM008';
    elsif new.role is not null and not (
        migration.holds_duty(new.user_name, 'migration_sign:' || new.role)
        and exists (select from migration.signer as s where s.run_id = new.run_id and s.role = new.role)
    ) then
        raise exception 'not of this role' using errcode = 'RM007';
    elsif found_run.kind = 'production' and new.role is null then
        raise exception 'a production run is signed by role' using errcode = 'RM006';
    elsif new.decision = 'rejected' then
        return new;
    elsif found_run.verdict is distinct from 'PASS' and found_run.verdict is distinct from 'EXPLAINED' then
        raise exception 'verdict forbids signing' using errcode = 'RM001';
    elsif lower(btrim(normalize(found_run.made_by, nfkc))) = new.user_name then
        raise exception 'who made the run' using errcode = 'RM004';
    elsif found_run.kind = 'production' and not migration.is_production_edition(new.run_id) then
        raise exception 'a draft' using errcode = 'RM005';
    end if;
    return new;
end $$;
create or replace trigger refuse_unsound_signoff before insert on migration.signoff
for each row execute function migration.refuse_unsound_signoff();

create or replace function migration.is_signed_off(p_run_id text) returns boolean
language sql stable security definer set search_path = pg_catalog as $$
    select
        not exists (select from migration.signoff where run_id = p_run_id and decision = 'rejected')
        and case when r.kind = 'production' then
            exists (select from migration.signer where run_id = p_run_id)
            and not exists (
                select from migration.signer as asked where asked.run_id = p_run_id and not exists (
                    select from migration.signoff as s where s.run_id = p_run_id and s.role = asked.role
                )
            )
        else (select count(*) from migration.signoff where run_id = p_run_id) >= 2 end
    from migration.run as r where r.run_id = p_run_id
$$;

create or replace function migration.refuse_unsound_release() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    if not coalesce(migration.is_signed_off(new.run_id), false)
        or not exists (select from migration.run where run_id = new.run_id and report_sha256 = new.report_sha256) then
        raise exception 'not signed off' using errcode = 'RM011';
    end if;
    return new;
end $$;
create or replace trigger refuse_unsound_release before insert on migration.release
for each row execute function migration.refuse_unsound_release();

---------- what was signed stays as it is

create or replace function migration.refuse_signed() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    if exists (select from touched where run_id in (select s.run_id from migration.signoff as s)) then
        raise exception 'the run is signed: nothing of it changes; rehearse again' using errcode = 'RM010';
    end if;
    return null;
end $$;

create or replace function migration.guard_signed(p_table regclass, p_is_insert_free boolean default false) returns void
language plpgsql as $$
declare
    of_what text := 'create or replace trigger %s after %s on %s referencing %s table as touched'
        || ' for each statement execute function migration.refuse_signed()';
begin
    execute format(of_what, 'signed_is_not_deleted', 'delete', p_table, 'old');
    execute format(of_what, 'signed_is_not_updated', 'update', p_table, 'old');
    execute format(of_what, 'nothing_becomes_signed', 'update', p_table, 'new');
    if not p_is_insert_free then
        execute format(of_what, 'signed_is_not_added_to', 'insert', p_table, 'new');
    end if;
end $$;
comment on function migration.guard_signed(regclass, boolean) is
'refuses changes of rows whose run_id is signed, by whomever; insert-free: new rows are not looked at (bulk tables)';

create or replace function migration.refuse_signed_part() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    if exists (select from migration.signoff where run_id = tg_argv[0]) then
        raise exception 'the run is signed: nothing of it changes; rehearse again' using errcode = 'RM010';
    end if;
    return null;
end $$;

create or replace function migration.guard_part(p_table regclass, p_run_id text) returns void
language plpgsql as $$
begin
    execute format(
        'create or replace trigger signed_is_not_changed before insert or update or delete or truncate on %s'
        ' for each statement execute function migration.refuse_signed_part(%L)', p_table, p_run_id
    );
end $$;
comment on function migration.guard_part(regclass, text) is
'refuses every change of a table that holds the rows of one run alone, once the run is signed; costs one look a statement';

select migration.guard_signed('migration.run', true);
select migration.guard_signed('migration.run_group');
select migration.guard_signed('migration.row_ledger', true);
select migration.guard_signed('migration.file_manifest');
select migration.guard_signed('migration.reread_issue');
select migration.guard_signed('migration.recon_result');
select migration.guard_signed('migration.recon_diff');
select migration.guard_signed('migration.differing');
select migration.guard_signed('migration.acceptance_test');
select migration.guard_signed('migration.signer');

---------- rights

grant select, insert, update, delete on migration.differing, migration.acceptance_test, migration.signer to migrator;
grant select, insert on migration.acceptance, migration.report_view to migrator;
grant select on migration.signoff, migration.release to migrator;
grant select on migration.differing, migration.acceptance, migration.acceptance_test, migration.signer, migration.report_view,
migration.signoff, migration.release to approver, screen, auditor;
grant insert on migration.signoff, migration.release, migration.report_view to approver;
revoke all on function migration.holds_duty(text, text) from public;
grant execute on function migration.holds_duty(text, text) to approver, migrator;
