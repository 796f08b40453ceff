-- 委託先への引渡し: what was given to printers, diallers and the phone centre in files, and what came back from every channel.

create table if not exists campaign.handover (
    batch text primary key,
    run_id text not null references campaign.run,
    channel text not null,
    contact_count integer not null check (contact_count > 0),
    file_sha256 text not null, -- over the names and contents of all its files
    purpose text not null,
    expires_on date not null, -- the vendor deletes the data after this day
    state text not null default 'made' check (state in ('made', 'released', 'returned', 'withdrawn')),
    made_at timestamptz not null default clock_timestamp(),
    released_at timestamptz,
    returned_at timestamptz
);
alter table campaign.handover add column if not exists published_batch text; -- the night whose claims and payments it rests on
comment on table campaign.handover is '引渡し: one batch of files for one vendor, committed before it is released';

create table if not exists campaign.handover_line (
    contact_id text primary key references campaign.contact, -- a contact is handed over once, for ever
    batch text not null references campaign.handover,
    token text not null unique -- what the vendor knows of it: 封緘番号, 受付番号
);
create index if not exists handover_line_batch on campaign.handover_line (batch);
comment on table campaign.handover_line is '引渡し明細: which contact is in which batch, under which number';

create table if not exists campaign.contact_event (
    contact_event_id bigint generated always as identity primary key,
    contact_id text not null references campaign.contact,
    channel text not null,
    event text not null check (event in (
        'printed', 'posted', 'spoiled', 'withdrawn', 'undeliverable', 'contacted', 'third_party', 'unreached', 'refused',
        'wrong_number', 'promised', 'complaint', 'expired', 'delivered'
    )),
    occurred_on date not null,
    occurred_at time, -- 時刻, where the channel tells it: by hour of the day
    promised_on date, -- 納付約束日
    detail text, -- the vendor's own code
    source text not null, -- hash of the file that told it, the user who entered it, or receipt: the carrier's (配信結果)
    recorded_at timestamptz not null default clock_timestamp(),
    unique nulls not distinct (contact_id, event, occurred_on, occurred_at, detail),
    check ((event = 'promised') = (promised_on is not null))
);
create index if not exists contact_event_day on campaign.contact_event (channel, occurred_on);
do $$
begin
    -- Edition 0.1 knew no SMS here: a message that the telephone has is delivered, whether or not anybody reads it.
    if not exists (
        select from pg_constraint
        where conrelid = 'campaign.contact_event'::regclass and conname = 'contact_event_event_check'
            and pg_get_constraintdef(oid) like '%delivered%'
    ) then
        alter table campaign.contact_event drop constraint contact_event_event_check,
        add constraint contact_event_event_check check (event in (
            'printed', 'posted', 'spoiled', 'withdrawn', 'undeliverable', 'contacted', 'third_party', 'unreached', 'refused',
            'wrong_number', 'promised', 'complaint', 'expired', 'delivered'
        ));
    end if;
end $$;
comment on table campaign.contact_event is '連絡の結果: what came of every contact on every channel, once each';

create table if not exists campaign.handover_drop (
    contact_id text primary key references campaign.handover_line,
    batch text not null references campaign.handover,
    codes text[] not null check (codes <> '{}'), -- why; the vendor is not told
    told_on date not null
);
comment on table campaign.handover_drop is '除外の連絡: who was to be left out of what a vendor already had, and since when';
create or replace trigger handover_drop_is_fixed before update or delete on campaign.handover_drop
for each row execute function campaign.refuse_change();

create or replace trigger contact_event_is_fixed before update or delete on campaign.contact_event
for each row execute function campaign.refuse_change();
create or replace trigger handover_line_is_fixed before update or delete on campaign.handover_line
for each row execute function campaign.refuse_change();

create or replace function campaign.readings_of(p_debtor_ids text[])
returns table (debtor_id text, person_kana text)
language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    return query
    select l.debtor_id, p.person_kana
    from identity.link as l
    inner join vault.register__persons as p on l.source_debtor_key = p.addressee_no
    where l.source_code = 'register' and l.debtor_id = any(p_debtor_ids) and p._known_to is null
        and not exists (
            select from identity.contact_fact as f
            where f.debtor_id = l.debtor_id and f.exclusion_code = 'X08' and f.valid_to is null
        );
end $$;
comment on function campaign.readings_of(text[]) is 'the reading of the names of these debtors, none of protected ones: for who asks for a person by telephone';

revoke all on function campaign.readings_of(text[]) from public;
grant execute on function campaign.readings_of(text[]) to sender;
grant select, insert on campaign.handover_line, campaign.contact_event, campaign.handover_drop to sender;
grant select, insert on campaign.handover to sender;
grant update (state, released_at, returned_at) on campaign.handover to sender;
grant select on campaign.handover, campaign.handover_line, campaign.contact_event to auditor;
