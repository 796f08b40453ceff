-- 隔離行の訂正: what a section proposed for rows in quarantine, who approved it, and what stands until the section corrects
-- its own system. Values of persons are in proposal_row and in the files of the protected folder, nowhere else.

create schema if not exists correction;

create table if not exists correction.export (
    export_id text primary key,
    owner_dept text not null,
    user_name text not null check (user_name <> ''),
    role_name text not null default session_user,
    row_ids text[] not null,
    file_sha256s text[] not null,
    exported_at timestamptz not null default clock_timestamp()
);
comment on table correction.export is '訂正票の出力記録: who took which quarantined rows out, when, and the hash of each file';

create table if not exists correction.proposal (
    proposal_id text primary key,
    kind text not null check (kind in ('release', 'discard')),
    owner_dept text not null,
    maker text not null check (maker <> ''),
    reason text not null,
    file_name text not null,
    file_sha256 text not null, -- the returned file in the spool; empty for a discard
    content_sha256 text not null,
    row_count bigint not null check (row_count > 0),
    approvals_required integer not null default 2 check (approvals_required >= 2),
    expires_after_days integer not null default 30 check (expires_after_days > 0),
    state text not null default 'waiting' check (state in ('waiting', 'approved', 'done')),
    made_at timestamptz not null default clock_timestamp()
);
comment on table correction.proposal is '訂正・対象外の案: one list of corrections, fixed by its hash, waiting for two approvals';

create table if not exists correction.proposal_row (
    proposal_id text not null references correction.proposal,
    row_id text not null,
    raw_sha256 text not null,
    texts text[] not null, -- every field in the contract's order as the section now states it; empty for a discard
    primary key (proposal_id, row_id)
);
comment on table correction.proposal_row is '訂正案の行: the whole row as it should be, before it is released';

create table if not exists correction.returned_file (
    file_sha256 text primary key,
    file_name text not null,
    user_name text not null,
    proposal_id text references correction.proposal, -- null: no row of it could be accepted
    faults jsonb not null, -- id, field and reason of each row that is still wrong; no values
    imported_at timestamptz not null default clock_timestamp()
);
comment on table correction.returned_file is '戻された訂正票: each file once, with what is still wrong in it';

create table if not exists correction.approval (
    approval_id bigint generated always as identity primary key,
    proposal_id text not null references correction.proposal,
    content_sha256 text not null,
    approver text not null,
    approved_at timestamptz not null,
    expires_at timestamptz not null,
    signature text not null,
    unique (proposal_id, approver)
);
comment on table correction.approval is '承認: one person''s signed yes to one exact list; written by correction.record_approval alone';

create table if not exists correction.standing (
    row_id text not null,
    proposal_id text not null references correction.proposal,
    kind text not null check (kind in ('release', 'discard')),
    table_name text not null,
    batch_id text not null, -- release: the correction's batch, whose row in raw it is
    line_no bigint not null,
    started_on date not null,
    ended_on date check (ended_on >= started_on),
    end_reason text check (end_reason in ('CORRECTED_AT_SOURCE', 'CHANGED_AT_SOURCE', 'GONE', 'KEY_TAKEN')),
    primary key (row_id, proposal_id),
    check ((ended_on is null) = (end_reason is null))
);
create unique index if not exists standing_once on correction.standing (row_id) where ended_on is null;
comment on table correction.standing is '有効な訂正: holds each night while the section''s copy still has the same wrong bytes';

---------- what may never change

create or replace function correction.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'append only' using errcode = 'RQ010';
end $$;
create or replace trigger export_is_fixed before update or delete on correction.export
for each row execute function correction.refuse_change();
create or replace trigger proposal_row_is_fixed before update or delete on correction.proposal_row
for each row execute function correction.refuse_change();
create or replace trigger returned_file_is_fixed before update or delete on correction.returned_file
for each row execute function correction.refuse_change();

create or replace function correction.guard_proposal() returns trigger language plpgsql as $$
begin
    if to_jsonb(new) - 'state' is distinct from to_jsonb(old) - 'state' or old.state = 'done' then
        raise exception 'a proposal is never changed' using errcode = 'RQ010';
    end if;
    return new;
end $$;
create or replace trigger proposal_is_fixed before update on correction.proposal
for each row execute function correction.guard_proposal();

---------- the only way to approve

create or replace function correction.record_approval(
    p_proposal_id text, p_content_sha256 text, p_approver text,
    p_approved_at timestamptz, p_expires_at timestamptz, p_signature text
) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
    found_proposal correction.proposal;
    approvals integer;
begin
    select * into found_proposal from correction.proposal where proposal_id = p_proposal_id for update;
    if not found then
        raise exception 'no such proposal' using errcode = 'RC001';
    elsif found_proposal.state = 'done' then
        raise exception 'the proposal waits for no approval' using errcode = 'RC002';
    elsif found_proposal.content_sha256 <> p_content_sha256 then
        raise exception 'another list' using errcode = 'RC003';
    elsif found_proposal.maker = p_approver then
        raise exception 'the maker may not approve' using errcode = 'RC004';
    elsif not exists (
        select from campaign.approver as a
        where a.user_name = p_approver and 'correction' = any(a.duties)
            and (p_approved_at at time zone 'Asia/Tokyo')::date >= a.valid_from
            and ((p_approved_at at time zone 'Asia/Tokyo')::date <= a.valid_to or a.valid_to is null)
    ) then
        raise exception 'not an approver' using errcode = 'RC005';
    elsif exists (select from correction.approval where proposal_id = p_proposal_id and approver = p_approver) then
        raise exception 'the same person twice' using errcode = 'RC006';
    elsif p_approved_at not between clock_timestamp() - interval '1 minute' and clock_timestamp() + interval '1 second'
        or p_expires_at <> p_approved_at + make_interval(days => found_proposal.expires_after_days)
        or clock_timestamp() > found_proposal.made_at + make_interval(days => found_proposal.expires_after_days) then
        raise exception 'expired' using errcode = 'RC007';
    end if;
    insert into correction.approval (proposal_id, content_sha256, approver, approved_at, expires_at, signature)
    values (p_proposal_id, p_content_sha256, p_approver, p_approved_at, p_expires_at, p_signature);
    select count(*) into approvals from correction.approval where proposal_id = p_proposal_id;
    if approvals >= found_proposal.approvals_required then
        update correction.proposal set state = 'approved' where proposal_id = p_proposal_id;
    end if;
    return approvals;
end $$;

create table if not exists correction.delivery_approval (
    batch_id text not null, -- no reference: a batch tried again is entered anew
    reason_code text not null,
    file_sha256 text not null,
    approver text not null check (approver <> ''),
    why text not null check (why <> ''),
    role_name text not null default session_user,
    approved_at timestamptz not null default clock_timestamp(),
    primary key (batch_id, reason_code, file_sha256, approver)
);
alter table correction.delivery_approval drop constraint if exists delivery_approval_pkey,
add constraint delivery_approval_pkey primary key (batch_id, reason_code, file_sha256, approver);
comment on table correction.delivery_approval is '取込の承認: who answered for a halted delivery, when, why, for which brake and which bytes';

-- Who answers for a halted delivery must be on the roster with that duty; the batch must be halted by just that brake.
create or replace function correction.record_delivery_approval(
    p_batch_id text, p_reason_code text, p_file_sha256 text, p_approver text, p_why text
) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
    approvals integer;
begin
    if not exists (
        select from ops.load as l
        where l.batch_id = p_batch_id and l.state = 'rejected' and l.reason_code = p_reason_code
            and l.file_sha256 = p_file_sha256
    ) then
        raise exception 'no such halted batch' using errcode = 'RC001';
    elsif not exists (
        select from campaign.approver as a
        where a.user_name = p_approver and 'delivery' = any(a.duties)
            and (clock_timestamp() at time zone 'Asia/Tokyo')::date >= a.valid_from
            and ((clock_timestamp() at time zone 'Asia/Tokyo')::date <= a.valid_to or a.valid_to is null)
    ) then
        raise exception 'not an approver' using errcode = 'RC005';
    end if;
    insert into correction.delivery_approval (batch_id, reason_code, file_sha256, approver, why)
    values (p_batch_id, p_reason_code, p_file_sha256, p_approver, p_why)
    on conflict do nothing;
    select count(*) into approvals from correction.delivery_approval
    where batch_id = p_batch_id and reason_code = p_reason_code and file_sha256 = p_file_sha256;
    return approvals;
end $$;

---------- rights

grant usage on schema correction to etl, approver, auditor;
grant select, insert on correction.export, correction.proposal, correction.proposal_row, correction.returned_file to etl;
grant update (state) on correction.proposal to etl;
grant select, insert, update on correction.standing to etl;
grant select on correction.approval, campaign.approver to etl;
grant usage on schema campaign to etl; -- the roster of approvers is one for campaigns and corrections
grant select on correction.proposal, correction.approval to approver;
grant select on correction.proposal, correction.approval, correction.export, correction.returned_file, correction.standing
to auditor;
revoke all on function correction.record_approval(text, text, text, timestamptz, timestamptz, text) from public;
grant execute on function correction.record_approval(text, text, text, timestamptz, timestamptz, text) to approver;
grant select on correction.delivery_approval to etl, approver, auditor;
revoke insert on correction.delivery_approval from approver; -- nobody writes it but the function
revoke all on function correction.record_delivery_approval(text, text, text, text, text) from public;
grant execute on function correction.record_delivery_approval(text, text, text, text, text) to approver;
