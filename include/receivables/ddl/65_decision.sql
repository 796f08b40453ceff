-- 個別判断: what one person decided on one case and another confirmed. Nothing of it is ever changed or taken back silently: a
-- later decision on the same case takes its place.

create schema if not exists decision;

create table if not exists decision.proposal (
    decision_id text primary key,
    kind text not null,
    subject text not null, -- the case: a claim_id, or persons of systems
    answer text not null, -- which of the kind's answers
    duty text not null, -- what the confirming person must have on the roster
    facts text not null, -- fingerprint of what was looked at: the decision holds as long as that is so
    evidence jsonb not null, -- what was looked at, by ids and hashes; no values of persons
    reason text not null check (reason <> ''),
    maker text not null check (maker ~ '^[a-z][a-z0-9_.-]*$'),
    content_sha256 text not null,
    approvals_required integer not null default 1 check (approvals_required >= 1),
    expires_after_days integer not null default 30 check (expires_after_days > 0),
    state text not null default 'waiting' check (state in ('waiting', 'approved')),
    made_at timestamptz not null default clock_timestamp(),
    role_name text not null default session_user
);
create index if not exists proposal_subject on decision.proposal (kind, subject);
comment on table decision.proposal is '判断の案: one answer to one case, fixed by its hash, waiting for a second person';

create table if not exists decision.approval (
    approval_id bigint generated always as identity primary key,
    decision_id text not null references decision.proposal,
    content_sha256 text not null,
    approver text not null,
    approved_at timestamptz not null,
    expires_at timestamptz not null,
    signature text not null,
    unique (decision_id, approver)
);
comment on table decision.approval is '確認: a second person''s signed yes to exactly this answer; written by decision.record_approval alone';

create table if not exists decision.in_force (
    decision_id text primary key references decision.proposal,
    kind text not null,
    subject text not null,
    answer text not null,
    facts text not null,
    effective_on date not null, -- 基準日 of the night that took it up
    taken_up_at timestamptz not null default clock_timestamp()
);
create index if not exists in_force_subject on decision.in_force (kind, subject);
comment on table decision.in_force is '有効な判断: what the nights go by, each entered once when its signatures held; the last of a case counts';

create or replace view decision.last as
select distinct on (kind, subject) kind, subject, answer, facts, decision_id
from decision.in_force order by kind, subject, taken_up_at desc, decision_id;
comment on view decision.last is '最後の判断: the answer that counts of each case';

create or replace trigger in_force_is_fixed before update or delete on decision.in_force
for each row execute function correction.refuse_change();

create or replace function decision.guard_proposal() returns trigger language plpgsql as $$
begin
    if to_jsonb(new) - 'state' is distinct from to_jsonb(old) - 'state' or old.state = 'approved' then
        raise exception 'a decision is never changed' using errcode = 'RQ010';
    end if;
    return new;
end $$;
create or replace trigger proposal_is_fixed before update on decision.proposal
for each row execute function decision.guard_proposal();

---------- the only way to confirm

create or replace function decision.record_approval(
    p_decision_id text, p_content_sha256 text, p_approver text,
    p_approved_at timestamptz, p_expires_at timestamptz, p_signature text
) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
    found_proposal decision.proposal;
    approvals integer;
begin
    select * into found_proposal from decision.proposal where decision_id = p_decision_id for update;
    if not found then
        raise exception 'no such decision' using errcode = 'RC001';
    elsif found_proposal.state = 'approved' then
        raise exception 'the decision waits for nobody' using errcode = 'RC002';
    elsif found_proposal.content_sha256 <> p_content_sha256 then
        raise exception 'another answer' using errcode = 'RC003';
    elsif exists (
        select from decision.in_force as later
        where later.kind = found_proposal.kind and later.subject = found_proposal.subject
            and later.taken_up_at > found_proposal.made_at
    ) then
        raise exception 'overtaken' using errcode = 'RC008';
    elsif lower(found_proposal.maker) = lower(p_approver) then
        raise exception 'the maker may not confirm' using errcode = 'RC004';
    elsif not exists (
        select from campaign.approver as a
        where a.user_name = p_approver and found_proposal.duty = any(a.duties)
            and (p_approved_at at time zone 'Asia/Tokyo')::date >= a.valid_from
            and ((p_approved_at at time zone 'Asia/Tokyo')::date <= a.valid_to or a.valid_to is null)
    ) then
        raise exception 'not an approver' using errcode = 'RC005';
    elsif exists (select from decision.approval where decision_id = p_decision_id and approver = p_approver) then
        raise exception 'the same person twice' using errcode = 'RC006';
    elsif p_approved_at not between clock_timestamp() - interval '1 minute' and clock_timestamp() + interval '1 second'
        or p_expires_at <> p_approved_at + make_interval(days => found_proposal.expires_after_days)
        or clock_timestamp() > found_proposal.made_at + make_interval(days => found_proposal.expires_after_days) then
        raise exception 'expired' using errcode = 'RC007';
    end if;
    insert into decision.approval (decision_id, content_sha256, approver, approved_at, expires_at, signature)
    values (p_decision_id, p_content_sha256, p_approver, p_approved_at, p_expires_at, p_signature);
    select count(*) into approvals from decision.approval where decision_id = p_decision_id;
    if approvals >= found_proposal.approvals_required then
        update decision.proposal set state = 'approved' where decision_id = p_decision_id;
    end if;
    return approvals;
end $$;

---------- a doubt ends when it is answered and readers see the answer

-- 人違いの疑い (X25): opened by one person's doubt, which names the debtors it is about (evidence.debtors). It ends with
-- the batch that shows them parted, or with a later word of two that they are one; until then it stands, however the
-- groups change meanwhile.
create or replace function decision.end_doubts(p_as_of date) returns integer
language sql volatile set search_path = pg_catalog as $$
    with doubt as (
        select h.hold_id, bool_and(exists (
            select from decision.in_force as f
            where f.kind = p.kind and f.subject = p.subject and f.effective_on <= p_as_of
                and (f.decision_id = p.decision_id or f.taken_up_at > p.made_at)
        )) as is_answered
        from campaign.hold as h
        inner join decision.proposal as p on p.kind = 'same_person' and p.answer = 'different'
            and p.evidence -> 'debtors' ? h.debtor_id
        where h.exclusion_code = 'X25' and h.valid_to is null
        group by h.hold_id
    ),
    ended as (
        update campaign.hold as h set valid_to = greatest(h.valid_from, p_as_of - 1)
        from doubt as d where d.hold_id = h.hold_id and d.is_answered
        returning 1
    )
    select count(*)::integer from ended
$$;

-- 連絡停止の解除: what one person said to be over and another confirmed ends with the night that took it up.
create or replace function decision.end_holds(p_as_of date) returns integer
language sql volatile set search_path = pg_catalog as $$
    with ended as (
        update campaign.hold as h set valid_to = greatest(h.valid_from, p_as_of - 1), ended_by = f.decision_id
        from decision.in_force as f
        where f.kind = 'hold_end' and f.subject = h.hold_id::text and f.answer = 'end' and f.effective_on <= p_as_of
            and h.ended_by is null and (h.valid_to is null or h.valid_to >= p_as_of)
        returning 1
    )
    select count(*)::integer from ended
$$;

---------- rights

grant usage on schema decision to etl, dbt, sender, approver, auditor;
grant select, insert on decision.proposal to etl;
grant select on decision.in_force, decision.last, decision.approval to etl;
revoke insert on decision.in_force from etl; -- the night's administrator alone enters what two signed
grant select on decision.in_force to dbt, sender;
grant select on decision.proposal, decision.approval, decision.in_force to approver;
grant select on decision.proposal, decision.approval, decision.in_force to auditor;
revoke all on function decision.record_approval(text, text, text, timestamptz, timestamptz, text) from public;
grant execute on function decision.record_approval(text, text, text, timestamptz, timestamptz, text) to approver;
