-- 送信の後始末: runs that were recalled, what people found out about messages of unknown fate, receipts that the carrier pushes.

create table if not exists campaign.recall (
    run_id text primary key references campaign.run,
    recalled_by text not null check (recalled_by <> ''),
    why text not null check (why <> ''),
    recalled_at timestamptz not null default clock_timestamp()
);
comment on table campaign.recall is '回収: runs that somebody called back, and why; what was queued was cancelled, who was reached is the correction list';
create or replace trigger recall_is_fixed before update or delete on campaign.recall
for each row execute function campaign.refuse_change();

create table if not exists campaign.verdict (
    verdict_id bigint generated always as identity primary key,
    contact_id text not null references campaign.outbox,
    attempt integer not null, -- of which call it speaks
    found text not null check (found in ('accepted', 'never')),
    told_by text not null,
    why text not null check (why <> ''),
    statement_sha256 text, -- of the carrier's own list; without it, it takes two people
    told_at timestamptz not null default clock_timestamp()
);
create unique index if not exists one_verdict_a_person on campaign.verdict (contact_id, attempt, lower(told_by));
comment on table campaign.verdict is '不明の判定: what people found out about a message that no machine can; written by campaign.judge alone';
create or replace trigger verdict_is_fixed before update or delete on campaign.verdict
for each row execute function campaign.refuse_change();

create or replace function campaign.judge(
    p_contact_id text, p_found text, p_told_by text, p_why text, p_statement_sha256 text
) returns boolean
language plpgsql security definer set search_path = pg_catalog as $$
declare
    box campaign.outbox;
    list_maker text;
begin
    select * into box from campaign.outbox where contact_id = p_contact_id for update;
    if not found then
        raise exception 'no such message' using errcode = 'RC001';
    elsif box.state <> 'unknown' or box.settle_at is not null then
        raise exception 'not for people' using errcode = 'RC002';
    end if;
    select maker into strict list_maker from campaign.run where run_id = box.run_id;
    if lower(list_maker) = lower(p_told_by) then
        raise exception 'the maker may not judge' using errcode = 'RC004';
    elsif not exists (
        select from campaign.approver as a
        where a.user_name = p_told_by and 'campaign' = any(a.duties)
            and (clock_timestamp() at time zone 'Asia/Tokyo')::date >= a.valid_from
            and ((clock_timestamp() at time zone 'Asia/Tokyo')::date <= a.valid_to or a.valid_to is null)
    ) then
        raise exception 'not an approver' using errcode = 'RC005';
    elsif exists (
        select from campaign.verdict as v
        where v.contact_id = p_contact_id and v.attempt = box.attempt and lower(v.told_by) = lower(p_told_by)
    ) then
        raise exception 'the same person twice' using errcode = 'RC006';
    end if;
    -- Its receipt is the carrier's own word: whoever says that it never was there must look again.
    if p_found = 'never' and exists (
        select from campaign.delivery_receipt as kept where kept.reference = box.reference
    ) then
        raise exception 'a receipt tells of it' using errcode = 'RC009';
    end if;
    insert into campaign.verdict (contact_id, attempt, found, told_by, why, statement_sha256)
    values (p_contact_id, box.attempt, p_found, p_told_by, p_why, p_statement_sha256);
    if p_statement_sha256 is null and (
        select count(*) from campaign.verdict as v
        where v.contact_id = p_contact_id and v.attempt = box.attempt and v.found = p_found
    ) < 2 then
        return false;
    end if;
    -- What another said otherwise leaves it open: the two must agree first, or the carrier's list decide.
    if p_statement_sha256 is null and exists (
        select from campaign.verdict as v
        where v.contact_id = p_contact_id and v.attempt = box.attempt and v.found <> p_found
    ) then
        return false;
    end if;
    if p_found = 'accepted' then
        update campaign.outbox set state = 'accepted', accepted_at = clock_timestamp(), outcome = 'judged_accepted',
            changed_at = clock_timestamp()
        where contact_id = p_contact_id;
    else
        update campaign.outbox set state = 'ready', looked_up_at = clock_timestamp(), contact_date = null,
            outcome = 'judged_never_accepted', changed_at = clock_timestamp()
        where contact_id = p_contact_id;
    end if;
    update campaign.run set state = 'done'
    where run_id = box.run_id and state = 'sending' and not exists (
        select from campaign.outbox where run_id = box.run_id and state in ('ready', 'sending', 'unknown')
    );
    return true;
end $$;
comment on function campaign.judge(text, text, text, text, text) is
'true when the message''s fate is settled: two people agree, or the carrier''s own list says so';

create or replace function campaign.receive(p_gateway text, p_signed_at timestamptz, p_receipts jsonb) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
    kept integer;
begin
    if p_signed_at not between clock_timestamp() - interval '5 minutes' and clock_timestamp() + interval '1 minute' then
        raise exception 'signed at another time' using errcode = 'RC030';
    end if;
    insert into campaign.delivery_receipt (gateway, receipt_id, reference, status, reported_at)
    select p_gateway, told.id, told.reference, told.status, told.at
    from jsonb_to_recordset(p_receipts) as told (id text, reference text, status text, at text)
    where told.id <> '' and told.status in ('accepted', 'delivered', 'failed_temp', 'failed_perm')
        and exists (select from campaign.outbox as box where box.reference = told.reference and box.attempt > 0)
    on conflict do nothing;
    get diagnostics kept = row_count;
    return kept;
end $$;
comment on function campaign.receive(text, timestamptz, jsonb) is
'keeps receipts of messages that were handed over, once each, and nothing else; they count when a dispatcher next looks';

grant select, insert on campaign.recall to sender;
grant select on campaign.recall, campaign.verdict to sender, auditor;
grant usage on schema campaign to receiver;
revoke all on function campaign.judge(text, text, text, text, text),
campaign.receive(text, timestamptz, jsonb) from public;
grant execute on function campaign.judge(text, text, text, text, text) to approver;
grant execute on function campaign.receive(text, timestamptz, jsonb) to receiver;
alter role receiver set synchronous_commit = on;
