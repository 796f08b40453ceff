-- 送信のブレーキ: lists that are not like those before them, and days on which nobody is written to.

create table if not exists campaign.cohort (
    run_id text not null references campaign.run,
    dimension text not null check (dimension in ('department', 'years_overdue', 'standing', 'people')),
    cell text not null,
    listed bigint not null, -- people who would be contacted, the control group among them
    candidates bigint not null, -- everybody looked at
    primary key (run_id, dimension, cell)
);
comment on table campaign.cohort is '対象者の構成: of what kind the people of a list are, to hold it against the list before and against everybody';

create table if not exists campaign.shift (
    run_id text primary key references campaign.run,
    shifts jsonb not null -- what is not as before: dimension, cell, against what, per mille
);
comment on table campaign.shift is '構成の変動: what stopped the approval of a list until somebody wrote why it is so';

create table if not exists campaign.shift_reason (
    run_id text primary key references campaign.shift,
    user_name text not null check (user_name <> ''),
    reason text not null check (reason <> ''),
    written_at timestamptz not null default clock_timestamp()
);
comment on table campaign.shift_reason is '変動の理由: why a list is not like the one before, in writing, before anybody approves it';

create or replace trigger cohort_is_fixed before update or delete on campaign.cohort
for each row execute function campaign.refuse_change();
create or replace trigger shift_is_fixed before update or delete on campaign.shift
for each row execute function campaign.refuse_change();
create or replace trigger shift_reason_is_fixed before update or delete on campaign.shift_reason
for each row execute function campaign.refuse_change();

create or replace function campaign.has_unexplained_shift(p_run_id text) returns boolean
language sql stable set search_path = pg_catalog as $$
    select exists (select from campaign.shift as s where s.run_id = p_run_id)
        and not exists (select from campaign.shift_reason as r where r.run_id = p_run_id)
$$;

create table if not exists campaign.quiet (
    quiet_id bigint generated always as identity primary key,
    from_on date not null,
    until_on date not null check (until_on >= from_on),
    reason text not null check (reason <> ''),
    entered_by text not null check (entered_by <> ''),
    entered_at timestamptz not null default clock_timestamp(),
    ended_by text,
    ended_at timestamptz
);
comment on table campaign.quiet is '送信しない日: disaster, mourning, an event of the ward; nothing leaves on these days, 督促 neither';

create or replace function campaign.is_quiet(p_day date) returns boolean
language plpgsql security definer set search_path = pg_catalog as $$
begin
    -- As campaign.is_halted(): who enters quiet days waits for a call under way, and every later one sees them.
    lock table campaign.quiet in share mode;
    return exists (
        select from campaign.quiet as q where p_day between q.from_on and q.until_on and q.ended_at is null
    );
end $$;
comment on function campaign.is_quiet(date) is
'true on a day on which nothing may be sent; holds the quiet days still until commit';
revoke execute on function campaign.is_quiet(date) from public;
grant execute on function campaign.is_quiet(date) to sender;

grant select, insert on campaign.cohort, campaign.shift, campaign.shift_reason, campaign.quiet to sender;
grant update (ended_by, ended_at) on campaign.quiet to sender;
grant select (from_on, until_on, reason, ended_at) on campaign.quiet to screen;
grant select (review_on, valid_to) on campaign.hold to screen; -- how many must be looked at, not whose
grant select on campaign.cohort, campaign.shift, campaign.shift_reason, campaign.quiet to auditor, approver;
