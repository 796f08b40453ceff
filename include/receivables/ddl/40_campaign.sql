-- 催告キャンペーン: who was chosen and why, who approved exactly that, what was sent once, and what came of it.
-- No phone number is stored here: only its keyed hash. The number stays in the vault until the moment of sending.

create schema if not exists campaign;
create schema if not exists identity;
create schema if not exists mart;

create table if not exists campaign.approver (
    user_name text not null,
    title_ja text not null,
    valid_from date not null,
    valid_to date check (valid_to >= valid_from),
    primary key (user_name, valid_from)
);
alter table campaign.approver add column if not exists duties text[] not null default '{campaign,correction}';
alter table campaign.approver drop constraint if exists approver_duties_check, add constraint approver_duties_check
check ( -- 職務; migration_sign:<role> signs a migration's report in that role
    cardinality(duties) > 0 and array_position(duties, null) is null
    and array_to_string(duties, ' ')
    ~ '^((campaign|correction|delivery|case|identity|migration_accept|migration_sign:[a-z_]+(:[a-z_]+)?)( |$))+$'
);
comment on table campaign.approver is '承認者名簿: who may approve what, and from when to when (both days included)';

create table if not exists campaign.run (
    run_id text primary key,
    campaign_name text not null,
    as_of date not null,
    published_batch text not null,
    maker text not null,
    channel text not null,
    purpose text not null,
    playbook jsonb not null,
    template_text text not null,
    template_sha256 text not null,
    parts_count integer not null check (parts_count > 0),
    sources jsonb not null,
    content_sha256 text not null,
    treat_count bigint not null,
    control_count bigint not null,
    excluded_count bigint not null,
    approvals_required integer not null check (approvals_required >= 2),
    expires_after_days integer not null check (expires_after_days > 0),
    state text not null default 'waiting'
    check (state in ('waiting', 'approved', 'sending', 'done', 'superseded', 'cancelled')),
    is_window_ignored boolean not null default false,
    dispatched_on date,
    built_at timestamptz not null default clock_timestamp()
);
comment on table campaign.run is 'キャンペーンの一回: the playbook, template and data it was made from, and the hash of its exact list';
comment on column campaign.run.is_window_ignored is 'true when somebody sent to a simulator with the clock of the run instead of the real one';

create table if not exists campaign.contact (
    contact_id text primary key,
    run_id text not null references campaign.run,
    subject_key text not null, -- the debtor, or the claim of an unlinked debtor
    debtor_id text,
    arm text not null check (arm in ('treat', 'control', 'excluded')),
    exclusion_codes text[] not null,
    reference text,
    claim_ids text[] not null,
    claim_yen bigint[] not null,
    claim_types text[] not null,
    owner_depts text[] not null,
    outstanding_yen bigint not null,
    phone_hash text,
    unique (run_id, subject_key),
    check ((arm = 'treat') = (reference is not null)),
    check (arm <> 'treat' or (phone_hash is not null and debtor_id is not null and exclusion_codes = '{}')),
    check (arm <> 'excluded' or exclusion_codes <> '{}'),
    check (cardinality(claim_ids) = cardinality(claim_yen))
);
create index if not exists contact_about_claim on campaign.contact using gin (claim_ids);
create index if not exists contact_at_point on campaign.contact (phone_hash) where arm = 'treat'; -- what came of a number before
alter table campaign.contact add column if not exists level integer not null default 1 check (level >= 1); -- 段階
comment on table campaign.contact is '対象者: every candidate once, treated, held out or excluded, with every reason found';

create table if not exists campaign.approval (
    approval_id bigint generated always as identity primary key,
    run_id text not null references campaign.run,
    content_sha256 text not null,
    approver text not null,
    approved_at timestamptz not null,
    expires_at timestamptz not null,
    signature text not null,
    unique (run_id, approver)
);
comment on table campaign.approval is '承認: one person''s signed yes to one exact list; written by campaign.record_approval alone';

create table if not exists campaign.hold (
    hold_id bigint generated always as identity primary key,
    debtor_id text not null,
    exclusion_code text not null,
    valid_from date not null,
    valid_to date check (valid_to >= valid_from),
    owner_dept text not null,
    recorded_at timestamptz not null default clock_timestamp()
);
alter table campaign.hold add column if not exists channel text; -- null: on every channel
alter table campaign.hold add column if not exists why text; -- what was heard, from whom
alter table campaign.hold add column if not exists entered_by text; -- null: the system itself
alter table campaign.hold add column if not exists review_on date; -- when somebody must look at it again
alter table campaign.hold add column if not exists ended_by text; -- the decision of two people that ended it
create index if not exists hold_of_debtor on campaign.hold (debtor_id);
comment on table campaign.hold is '停止理由: reasons not to contact that reach this system first (refusal, dispute, lawyer …)';

create table if not exists campaign.switch (
    only_row boolean primary key default true check (only_row),
    is_stopped boolean not null,
    changed_by text not null,
    reason text not null,
    changed_at timestamptz not null default clock_timestamp()
);
insert into campaign.switch (is_stopped, changed_by, reason) values (false, 'system', 'initial') on conflict do nothing;
comment on table campaign.switch is '緊急停止: nothing of any campaign is sent while is_stopped';

create table if not exists campaign.switch_event (
    switch_event_id bigint generated always as identity primary key,
    is_stopped boolean not null,
    changed_by text not null,
    reason text not null,
    changed_at timestamptz not null
);
comment on table campaign.switch_event is '緊急停止の履歴';

create table if not exists campaign.outbox (
    contact_id text primary key references campaign.contact,
    run_id text not null references campaign.run,
    debtor_id text not null,
    channel text not null,
    reference text not null unique, -- for ever: the same intent is never sent twice
    parts_count integer not null,
    state text not null default 'ready' check (state in (
        'ready', 'sending', 'unknown', 'accepted', 'delivered', 'failed_perm', 'failed_temp', 'suppressed', 'cancelled'
    )),
    attempt integer not null default 0,
    claimed_by text,
    send_by timestamptz, -- the claiming worker must not call after this
    settle_at timestamptz, -- not before this may anybody ask the gateway what became of it
    looked_up_at timestamptz,
    contact_date date, -- the day the person is (or may have been) contacted
    outcome text,
    suppressed_codes text[] not null default '{}',
    accepted_at timestamptz,
    changed_at timestamptz not null default clock_timestamp()
);
create index if not exists outbox_open on campaign.outbox (run_id, state, settle_at)
where state in ('ready', 'sending', 'unknown');
alter table campaign.outbox add column if not exists is_statutory boolean not null default false; -- 督促: never withheld
alter table campaign.outbox add column if not exists dedup_until timestamptz; -- the carrier takes a repeated reference for the same message until then
create index if not exists outbox_ready on campaign.outbox (run_id, contact_id) where state = 'ready';
drop index if exists campaign.one_contact_a_day; -- of edition 0.1: before there was 督促
create unique index if not exists one_free_contact_a_day on campaign.outbox (debtor_id, contact_date)
where contact_date is not null and not is_statutory;
comment on table campaign.outbox is '送信箱: claimed and committed before the call; anything but a clear answer is looked up, never re-sent blindly';

create table if not exists campaign.outbox_event (
    outbox_event_id bigint generated always as identity primary key,
    contact_id text not null,
    from_state text,
    to_state text not null,
    attempt integer not null,
    outcome text,
    at timestamptz not null default clock_timestamp()
);
create index if not exists outbox_event_of_contact on campaign.outbox_event (contact_id);
comment on table campaign.outbox_event is '送信箱の履歴: every change of state, appended by trigger';

create table if not exists campaign.certificate (
    certificate_id bigint generated always as identity primary key,
    contact_id text not null references campaign.contact,
    run_id text not null references campaign.run,
    attempt integer not null,
    is_released boolean not null,
    proofs jsonb not null,
    sha256 text not null,
    issued_at timestamptz not null default clock_timestamp()
);
create index if not exists certificate_of_contact on campaign.certificate (contact_id);
comment on table campaign.certificate is '送達可否証明: the twelve proofs, taken in the transaction that claimed the message';

create table if not exists campaign.delivery_receipt (
    gateway text not null,
    receipt_id text not null,
    reference text not null,
    status text not null,
    reported_at text,
    received_at timestamptz not null default clock_timestamp(),
    primary key (gateway, receipt_id)
);
create index if not exists delivery_receipt_reference on campaign.delivery_receipt (reference);
alter table campaign.delivery_receipt add column if not exists is_applied boolean not null default false;
create index if not exists delivery_receipt_new on campaign.delivery_receipt (reference) where not is_applied;
comment on table campaign.delivery_receipt is '配信結果: what the gateway reported, once each';

create table if not exists campaign.receipt_cursor (
    gateway text primary key,
    next_no bigint not null
);
comment on table campaign.receipt_cursor is 'how far the gateway''s receipts were read';

create table if not exists campaign.pacer (
    gateway text primary key,
    next_at timestamptz not null
);
comment on table campaign.pacer is '送信速度: when the next message part may go out, shared by all workers';

create table if not exists campaign.effect (
    run_id text not null references campaign.run,
    horizon_days integer not null,
    arm text not null check (arm in ('treat', 'control')),
    is_complete boolean not null,
    assigned_count bigint not null,
    contacted_count bigint not null,
    paid_count bigint not null,
    due_yen bigint not null,
    paid_yen bigint not null,
    cost_yen bigint not null,
    uplift_permille numeric(7, 2),
    uplift_low_permille numeric(7, 2),
    uplift_high_permille numeric(7, 2),
    computed_at timestamptz not null default clock_timestamp(),
    primary key (run_id, horizon_days, arm)
);
comment on table campaign.effect is '効果測定: payments after the sending day by arm (intention to treat), uplift with a 95 % interval (Newcombe)';

---------- what may never change

create or replace function campaign.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'append only' using errcode = 'RC010';
end $$;

create or replace trigger contact_is_fixed before update or delete on campaign.contact
for each row execute function campaign.refuse_change();
create or replace trigger certificate_is_fixed before update or delete on campaign.certificate
for each row execute function campaign.refuse_change();
create or replace trigger outbox_is_kept before delete on campaign.outbox
for each row execute function campaign.refuse_change();

create or replace function campaign.guard_run() returns trigger language plpgsql as $$
begin
    if to_jsonb(new) - '{state,is_window_ignored,dispatched_on}'::text[]
       is distinct from to_jsonb(old) - '{state,is_window_ignored,dispatched_on}'::text[] then
        raise exception 'a run is never changed' using errcode = 'RC010';
    end if;
    return new;
end $$;
create or replace trigger run_is_fixed before update on campaign.run
for each row execute function campaign.guard_run();

create or replace function campaign.guard_outbox() returns trigger language plpgsql as $$
begin
    if (new.contact_id, new.run_id, new.debtor_id, new.reference, new.channel, new.is_statutory, new.parts_count)
       is distinct from
       (old.contact_id, old.run_id, old.debtor_id, old.reference, old.channel, old.is_statutory, old.parts_count) then
        raise exception 'a message keeps its person and reference' using errcode = 'RC010';
    end if;
    if new.state = old.state then
        return new;
    end if;
    if (old.state || '>' || new.state) <> all (array_remove(array[
        'ready>sending', 'ready>suppressed', 'ready>cancelled',
        'sending>accepted', 'sending>failed_perm', 'sending>unknown', 'sending>ready', 'sending>suppressed',
        'unknown>accepted', 'unknown>ready', 'unknown>failed_perm', 'unknown>sending',
        'accepted>delivered', 'accepted>failed_perm', 'accepted>failed_temp',
        'failed_temp>failed_perm', 'failed_temp>delivered', 'failed_perm>delivered',
        case when old.attempt > 0 then 'ready>accepted' end, -- a receipt came after all
        case when old.attempt > 0 then 'cancelled>accepted' end,
        case when new.channel = 'letter' then 'delivered>failed_perm' end -- 返戻
    ], null)) then
        raise exception 'a message only moves forward' using errcode = 'RC011';
    end if;
    -- Back to ready only with a look-up newer than the claim: nothing is ever re-sent blindly.
    if new.state = 'ready' and (new.looked_up_at is null or new.looked_up_at is not distinct from old.looked_up_at) then
        raise exception 'no look-up, no re-send' using errcode = 'RC012';
    end if;
    -- Handed over again under the same reference only while the carrier's promise to take both for one holds.
    if old.state = 'unknown' and new.state = 'sending' and (
        new.dedup_until is distinct from old.dedup_until or coalesce(old.dedup_until <= clock_timestamp(), true)
    ) then
        raise exception 'no deduplication, no re-send' using errcode = 'RC012';
    end if;
    return new;
end $$;
create or replace trigger outbox_moves_forward before update on campaign.outbox
for each row execute function campaign.guard_outbox();

create or replace function campaign.note_outbox() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    if tg_op = 'INSERT' or new.state is distinct from old.state then
        insert into campaign.outbox_event (contact_id, from_state, to_state, attempt, outcome)
        values (new.contact_id, case when tg_op = 'UPDATE' then old.state end, new.state, new.attempt, new.outcome);
    end if;
    return null;
end $$;
create or replace trigger outbox_is_noted after insert or update on campaign.outbox
for each row execute function campaign.note_outbox();

create or replace function campaign.note_switch() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
    insert into campaign.switch_event (is_stopped, changed_by, reason, changed_at)
    values (new.is_stopped, new.changed_by, new.reason, new.changed_at);
    return null;
end $$;
create or replace trigger switch_is_noted after update on campaign.switch
for each row execute function campaign.note_switch();

---------- the only way to approve

create or replace function campaign.record_approval(
    p_run_id text, p_content_sha256 text, p_approver text,
    p_approved_at timestamptz, p_expires_at timestamptz, p_signature text
) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
    found_run campaign.run;
    approvals integer;
begin
    select * into found_run from campaign.run where run_id = p_run_id for update;
    if not found then
        raise exception 'no such run' using errcode = 'RC001';
    elsif found_run.state not in ('waiting', 'approved') then
        raise exception 'the run waits for no approval' using errcode = 'RC002';
    elsif found_run.content_sha256 <> p_content_sha256 then
        raise exception 'another list' using errcode = 'RC003';
    elsif lower(found_run.maker) = lower(p_approver) then
        raise exception 'the maker may not approve' using errcode = 'RC004';
    elsif not exists (
        select from campaign.approver as a
        where a.user_name = p_approver and 'campaign' = any(a.duties)
            and (p_approved_at at time zone 'Asia/Tokyo')::date >= a.valid_from
            and ((p_approved_at at time zone 'Asia/Tokyo')::date <= a.valid_to or a.valid_to is null)
    ) then
        raise exception 'not an approver' using errcode = 'RC005';
    elsif exists (select from campaign.approval where run_id = p_run_id and lower(approver) = lower(p_approver)) then
        raise exception 'the same person twice' using errcode = 'RC006';
    elsif p_approved_at not between clock_timestamp() - interval '1 minute' and clock_timestamp() + interval '1 second'
        or p_expires_at <> p_approved_at + make_interval(days => found_run.expires_after_days)
        or clock_timestamp() > found_run.built_at + make_interval(days => found_run.expires_after_days) then
        raise exception 'expired' using errcode = 'RC007';
    elsif campaign.has_unexplained_shift(p_run_id) then
        raise exception 'unlike the list before' using errcode = 'RC009';
    elsif exists (
        select from campaign.shift_reason as r where r.run_id = p_run_id and lower(r.user_name) = lower(p_approver)
    ) then
        raise exception 'who explained a shift may not approve' using errcode = 'RC004';
    end if;
    insert into campaign.approval (run_id, content_sha256, approver, approved_at, expires_at, signature)
    values (p_run_id, p_content_sha256, p_approver, p_approved_at, p_expires_at, p_signature);
    select count(*) into approvals from campaign.approval where run_id = p_run_id;
    if approvals >= found_run.approvals_required then
        update campaign.run set state = 'approved' where run_id = p_run_id;
    end if;
    return approvals;
end $$;

---------- what the claiming transaction asks

create or replace function campaign.fence_reasons() returns void
language plpgsql security definer set search_path = pg_catalog as $$
begin
    -- Writers of stop reasons wait until this transaction has ended, and its next statement sees all that committed
    -- before: a claim ends with its commit, a call with the carrier's answer.
    lock table campaign.hold in share mode;
    if to_regclass('identity.contact_fact') is not null then
        lock table identity.contact_fact, identity.channel_stop in share mode;
    end if;
end $$;
comment on function campaign.fence_reasons() is 'holds stop reasons still until the end of the transaction';

create or replace function campaign.fence() returns boolean
language plpgsql security definer set search_path = pg_catalog as $$
declare
    stopped boolean;
begin
    perform campaign.fence_reasons();
    -- A table lock is fair: whoever throws the switch waits for the claims of this moment, never for those to come.
    lock table campaign.switch in share mode;
    select is_stopped into strict stopped from campaign.switch;
    return stopped;
end $$;
comment on function campaign.fence() is 'true when all sending is stopped; holds stop reasons and switch still until commit';

create or replace function campaign.reasons_against(p_debtor_id text, p_channel text, p_day date) returns text[]
language plpgsql stable set search_path = pg_catalog as $$
begin
    return array(
        select f.exclusion_code from identity.contact_fact as f
        where f.debtor_id = p_debtor_id and f.valid_from <= p_day and (f.valid_to is null or f.valid_to >= p_day)
        union
        select h.exclusion_code from campaign.hold as h
        inner join identity.also_known_as(array[p_debtor_id]) as also on h.debtor_id = also.was
        where h.valid_from <= p_day and (h.valid_to is null or h.valid_to >= p_day)
            and (h.channel is null or h.channel = p_channel)
        union
        select 'X11' from identity.channel_stop as s
        where s.debtor_id = p_debtor_id and s.channel = p_channel and s.stopped_on <= p_day
    );
end $$;
comment on function campaign.reasons_against(text, text, date) is
'停止理由: every code in force against writing to this debtor by this channel on this day';

create or replace function campaign.digits_of(p_phone text) returns text
language plpgsql immutable strict parallel safe as $$ -- not sql: written into a query, it would miss the index
begin
    return pg_catalog.regexp_replace(pg_catalog.regexp_replace(
        pg_catalog.translate(p_phone, '０１２３４５６７８９＋', '0123456789+'), '[^0-9+]', '', 'g'
    ), '^\+81', '0');
end $$;
comment on function campaign.digits_of(text) is '電話番号の数字: the digits that a number is dialled with in Japan';

create or replace function campaign.index_phones() returns void
language plpgsql security definer set search_path = pg_catalog as $$
begin
    -- The register's table is made by the first intake, after this script: whoever sends makes sure of the index.
    if to_regclass('vault.register__persons_digits') is null then
        perform pg_advisory_xact_lock(7131124); -- several workers begin at once
        create index if not exists register__persons_digits on vault.register__persons (campaign.digits_of(phone))
        where _known_to is null and phone is not null;
        -- A partial index tells the planner nothing of how many persons share a number.
        create statistics if not exists vault.register__persons_digits_seen on (campaign.digits_of(phone))
        from vault.register__persons;
        analyze vault.register__persons;
    end if;
end $$;
comment on function campaign.index_phones() is 'lets who shares a number be found without reading the whole register';

create or replace function campaign.phones_of(p_debtor_ids text[])
returns table (debtor_id text, phone_digits text, person_count bigint)
language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    return query
    with wanted as (
        select distinct l.debtor_id as wanted_id, campaign.digits_of(p.phone) as digits
        from identity.link as l
        inner join vault.register__persons as p on p.addressee_no = l.source_debtor_key
        where l.source_code = 'register' and l.debtor_id = any(p_debtor_ids)
            and p._known_to is null and p.phone is not null
            and campaign.digits_of(p.phone) <> ''
            -- 支援措置: nobody is called or written to by list, so nobody needs the number, nor its hash beside another's.
            and not exists (
                select from identity.contact_fact as f
                where f.debtor_id = l.debtor_id and f.exclusion_code = 'X08' and f.valid_to is null
            )
    )
    select w.wanted_id, w.digits, count(distinct p.addressee_no)
    from wanted as w
    inner join vault.register__persons as p on campaign.digits_of(p.phone) = w.digits
    where p._known_to is null and p.phone is not null
    group by w.wanted_id, w.digits;
end $$;
create or replace function campaign.addresses_of(p_debtor_ids text[])
returns table (debtor_id text, person_name text, postal_code text, address text, address_detail text)
language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    return query
    select l.debtor_id, p.person_name, p.postal_code, p.address, p.address_detail
    from identity.link as l
    inner join vault.register__persons as p on l.source_debtor_key = p.addressee_no
    where l.source_code = 'register' and l.debtor_id = any(p_debtor_ids)
        and p._known_to is null and p.person_name is not null and p.address is not null
        -- 支援措置: whoever is protected is written to by hand, at the address that is safe.
        and not exists (
            select from identity.contact_fact as f
            where f.debtor_id = l.debtor_id and f.exclusion_code = 'X08' and f.valid_to is null
        );
end $$;
comment on function campaign.addresses_of(text[]) is
'name and present address of these debtors, none of protected ones; the sender has no other way to an address';

comment on function campaign.phones_of(text[]) is
'the current numbers of these debtors, none of protected ones, in digits, and how many persons of the register share each; the sender has no other way into the vault';

create or replace function campaign.quarantined_of(p_claim_ids text[])
returns table (claim_id text)
language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    return query
    with newest as (
        select distinct on (l.source, l.table_name) l.batch_id
        from ops.load as l
        where l.state = 'loaded'
        order by l.source, l.table_name, l.business_date desc, l.created_at desc
    ),
    -- One text a source: to look for a number in it costs far less than to cut every row into pieces.
    held as (
        select q.source, string_agg(encode(q.raw, 'escape'), E'\n') as bytes
        from quarantine.row as q
        inner join newest as n on n.batch_id = q.batch_id
        -- What was released after the marts were published is not in them yet.
        where (q.state = 'open' or (q.state = 'released' and q.settled_at > (
            select max(p.published_at) from ops.published_batch as p where p.is_current
        ))) and q.source in (select split_part(given.id, ':', 1) from unnest(p_claim_ids) as given (id))
        group by q.source
    ),
    -- The number on the bill or the loan: the long run of digits in the claim's key.
    wanted as (
        select given.id, split_part(given.id, ':', 1) as source, ltrim(substring(given.id from '[0-9]{7,}'), '0') as number
        from unnest(p_claim_ids) as given (id)
    )
    select w.id
    from wanted as w
    inner join held as h on h.source = w.source
    where length(w.number) >= 5 and strpos(h.bytes, w.number) > 0;
end $$;
comment on function campaign.quarantined_of(text[]) is
'those of these claims whose number stands in a row that is in quarantine now: what is known of them may lack a payment';

---------- rights

grant usage on schema campaign to sender, approver, screen, auditor;
grant usage on schema mart, identity, ops to sender;
grant select on ops.load, ops.published_batch, ops.batch_rests_on to sender;
grant select on all tables in schema campaign to sender, auditor;
grant select on campaign.run, campaign.approval, campaign.approver to approver;
grant select on campaign.run, campaign.approval, campaign.approver, campaign.effect, campaign.switch to screen;
grant select (contact_id, run_id, arm, exclusion_codes, claim_types, owner_depts, outstanding_yen)
on campaign.contact to screen;
grant select (contact_id, run_id, channel, parts_count, state, attempt, suppressed_codes, accepted_at, changed_at)
on campaign.outbox to screen;
grant insert on campaign.run, campaign.contact, campaign.outbox, campaign.certificate, campaign.hold,
campaign.delivery_receipt, campaign.receipt_cursor, campaign.pacer, campaign.effect to sender;
grant update (state, is_window_ignored, dispatched_on) on campaign.run to sender;
grant update on campaign.outbox, campaign.switch, campaign.receipt_cursor, campaign.pacer, campaign.effect to sender;
revoke update on campaign.hold from sender; -- one person's word stops; it takes a decision of two to end it
revoke update (valid_to) on campaign.hold from sender;
revoke all on function campaign.record_approval(text, text, text, timestamptz, timestamptz, text),
campaign.fence(), campaign.fence_reasons(), campaign.index_phones(), campaign.phones_of(text[]),
campaign.addresses_of(text[]), campaign.quarantined_of(text[]), campaign.note_outbox(), campaign.note_switch() from public;
grant execute on function campaign.record_approval(text, text, text, timestamptz, timestamptz, text) to approver;
grant execute on function campaign.fence(), campaign.fence_reasons(), campaign.index_phones(), campaign.phones_of(text[]),
campaign.addresses_of(text[]), campaign.quarantined_of(text[]) to sender;
grant update (is_applied) on campaign.delivery_receipt to sender;
-- What was claimed is called next: a crash of the server must not forget it, nor a yes, nor a stop.
alter role sender set synchronous_commit = on;
alter role approver set synchronous_commit = on;

do $$
begin
    -- Made by the identity room's script, which runs before this one.
    if to_regclass('identity.link') is not null then
        grant select on identity.link, identity.contact_fact, identity.channel_stop to sender;
    end if;
end $$;
