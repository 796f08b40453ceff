-- 文字: what stood in staged rows that the target does not take, what was put in its place and can be taken out again,
-- and what two people decided. Decisions are only ever added; a later one on the same code takes the place of the last.

create table if not exists migration.char_issue (
    run_id text not null references migration.run,
    source_code text not null,
    group_id text not null,
    item text not null,
    codes text not null check (codes ~ '^U\+[0-9A-F]{4,6}( U\+[0-9A-F]{4,6})*$'), -- one character, with what is attached
    class text not null, -- what it is
    problem text, -- why its field may not hold it; null: legal, listed for eyes
    row_count bigint not null check (row_count > 0),
    person_count bigint check (person_count >= 0), -- distinct 宛名番号; null where the rows have none
    decision text check (decision in ('unresolved', 'provisional', 'substituted', 'confirmed')),
    ruling jsonb, -- the ruling in force when this was counted
    unique nulls not distinct (run_id, source_code, group_id, item, codes, problem),
    check ((problem is null) = (decision is null)),
    check ((ruling is null) = (decision is null or decision = 'unresolved'))
);
comment on table migration.char_issue is '文字の指摘: characters by code point with counts; never a name';

create table if not exists migration.char_use (
    run_id text not null references migration.run,
    source_code text not null,
    group_id text not null,
    item text not null,
    source_key text not null,
    uses jsonb not null, -- place, what came, what was put
    primary key (run_id, source_code, group_id, item, source_key)
);
comment on table migration.char_use is '文字の置換え: evidence that gives the original text back, row by row';

create table if not exists migration.char_decision (
    decision_id text primary key,
    source_code text not null,
    code text not null check (code ~ '^U\+[0-9A-F]{4,6}$'),
    action text not null check (action in ('adopt', 'withdraw')),
    target text check (target ~ '^(MJ|GJ)[0-9]{6}$'),
    text text,
    kind text check (kind in ('identified', 'substituted')),
    status text check (status in ('confirmed', 'provisional')),
    basis text not null check (basis <> ''),
    ticket text not null check (ticket <> ''),
    valid_from date not null,
    maker text not null check (maker ~ '^[a-z][a-z0-9_.-]*$'),
    content_sha256 text not null,
    expires_after_days integer not null default 30 check (expires_after_days > 0),
    made_at timestamptz not null default clock_timestamp(),
    role_name text not null default session_user,
    check (num_nulls(target, text, kind, status) = case action when 'adopt' then 0 else 4 end)
);
create index if not exists char_decision_by_code on migration.char_decision (source_code, code);
comment on table migration.char_decision is '文字同定の案: one person''s answer to one code of one source, fixed by its hash';

create table if not exists migration.char_approval (
    approval_id bigint generated always as identity primary key,
    decision_id text not null unique references migration.char_decision,
    content_sha256 text not null,
    approver text not null,
    approved_at timestamptz not null,
    expires_at timestamptz not null,
    signature text not null
);
comment on table migration.char_approval is '文字同定の承認: another person''s signed yes; written by migration.record_char_approval alone';

create or replace view migration.char_in_force as
select distinct on (d.source_code, d.code)
    d.decision_id, d.source_code, d.code, d.action, d.target, d.text, d.kind, d.status, d.basis, d.ticket,
    d.valid_from, d.maker, d.content_sha256, a.content_sha256 as approved_sha256, a.approver, a.approved_at,
    a.expires_at, a.signature
from migration.char_decision as d inner join migration.char_approval as a on d.decision_id = a.decision_id
order by d.source_code asc, d.code asc, a.approval_id desc;
comment on view migration.char_in_force is '有効な文字同定: the last approved word on each code, a withdrawal included';

---------- what may never change

create or replace function migration.refuse_character_change() returns trigger language plpgsql as $$
begin
    raise exception 'append only' using errcode = 'RQ010';
end $$;
create or replace trigger char_decision_is_fixed before update or delete or truncate on migration.char_decision
for each statement execute function migration.refuse_character_change();
create or replace trigger char_approval_is_fixed before update or delete or truncate on migration.char_approval
for each statement execute function migration.refuse_character_change();

create or replace function migration.refuse_unsound_char_approval() returns trigger language plpgsql as $$
declare
    found_decision migration.char_decision;
begin
    select * into found_decision from migration.char_decision where decision_id = new.decision_id for share;
    if not found then
        raise exception 'no such decision' using errcode = 'RC001';
    elsif exists (select from migration.char_approval where decision_id = new.decision_id) then
        raise exception 'approved already' using errcode = 'RC002';
    elsif found_decision.content_sha256 <> new.content_sha256 then
        raise exception 'another answer' using errcode = 'RC003';
    elsif lower(btrim(normalize(new.approver, nfkc))) = lower(found_decision.maker) then
        raise exception 'the maker may not approve' using errcode = 'RC004';
    elsif exists (
        select from migration.char_approval as a
        inner join migration.char_decision as d on a.decision_id = d.decision_id
        where d.source_code = found_decision.source_code and d.code = found_decision.code
            and a.approved_at > found_decision.made_at
    ) then
        raise exception 'overtaken' using errcode = 'RC008';
    end if;
    return new;
end $$;
create or replace trigger refuse_unsound_char_approval before insert on migration.char_approval
for each row execute function migration.refuse_unsound_char_approval();

---------- the only way to approve

create or replace function migration.record_char_approval(
    p_decision_id text, p_content_sha256 text, p_approver text,
    p_approved_at timestamptz, p_expires_at timestamptz, p_signature text
) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
    found_decision migration.char_decision;
begin
    select * into found_decision from migration.char_decision where decision_id = p_decision_id;
    perform pg_advisory_xact_lock(hashtext(found_decision.source_code || ' ' || found_decision.code));
    if not exists (
        select from campaign.approver as a
        where a.user_name = p_approver and 'identity' = any(a.duties)
            and (p_approved_at at time zone 'Asia/Tokyo')::date >= a.valid_from
            and ((p_approved_at at time zone 'Asia/Tokyo')::date <= a.valid_to or a.valid_to is null)
    ) then
        raise exception 'not an approver' using errcode = 'RC005';
    elsif p_approved_at not between clock_timestamp() - interval '1 minute' and clock_timestamp() + interval '1 second'
        or p_expires_at <> p_approved_at + make_interval(days => found_decision.expires_after_days)
        or clock_timestamp() > found_decision.made_at + make_interval(days => found_decision.expires_after_days) then
        raise exception 'expired' using errcode = 'RC007';
    end if;
    insert into migration.char_approval (decision_id, content_sha256, approver, approved_at, expires_at, signature)
    values (p_decision_id, p_content_sha256, p_approver, p_approved_at, p_expires_at, p_signature);
    return 1;
end $$;

---------- rights

grant select, insert, delete on migration.char_issue, migration.char_use to migrator;
grant select, insert on migration.char_decision to migrator;
grant select on migration.char_approval, migration.char_in_force to migrator;
grant select on migration.char_issue to approver, screen, auditor;
grant select on migration.char_decision, migration.char_approval, migration.char_in_force to approver, auditor;
revoke all on function migration.record_char_approval(text, text, text, timestamptz, timestamptz, text) from public;
grant execute on function migration.record_char_approval(text, text, text, timestamptz, timestamptz, text) to approver;
