-- 停止: what keeps one campaign from being sent. Halting is always allowed, by whoever sends; an approver lifts it.

create table if not exists campaign.halt (
    halt_id bigint generated always as identity primary key,
    campaign_name text not null,
    reason_code text not null check (reason_code in ('harm_watch', 'sequential', 'person')),
    reason text not null check (reason <> ''),
    evidence jsonb not null default '{}', -- counts, never a person
    halted_by text not null,
    halted_at timestamptz not null default clock_timestamp(),
    lifted_by text,
    lift_reason text,
    lifted_at timestamptz,
    check ((lifted_by is null) = (lifted_at is null) and (lifted_by is null) = (lift_reason is null))
);
create index if not exists halt_open on campaign.halt (campaign_name) where lifted_at is null;
comment on table campaign.halt is 'キャンペーンの停止: while one is open, no message of any run of the campaign is claimed or called';

create or replace function campaign.guard_halt() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.lifted_at is not null
       or to_jsonb(new) - '{lifted_by,lifted_at,lift_reason}'::text[]
       is distinct from to_jsonb(old) - '{lifted_by,lifted_at,lift_reason}'::text[] then
        raise exception 'a halt is only ever lifted' using errcode = 'RC010';
    end if;
    return new;
end $$;
create or replace trigger halt_is_kept before update or delete on campaign.halt
for each row execute function campaign.guard_halt();

create or replace function campaign.is_halted(p_run_id text) returns boolean
language plpgsql security definer set search_path = pg_catalog as $$
begin
    -- As campaign.fence(): who halts waits for a claim under way, and every later claim sees the halt.
    lock table campaign.halt in share mode;
    return exists (
        select from campaign.halt as h
        inner join campaign.run as r on r.campaign_name = h.campaign_name
        where r.run_id = p_run_id and h.lifted_at is null
    );
end $$;
comment on function campaign.is_halted(text) is 'true while the run''s campaign is halted; holds halts still until commit';

create or replace function campaign.lift_halts(p_campaign_name text, p_user text, p_reason text) returns integer
language plpgsql security definer set search_path = pg_catalog as $$
declare
    lifted integer;
begin
    if not exists (
        select from campaign.approver as a
        where a.user_name = p_user and 'campaign' = any(a.duties)
            and (clock_timestamp() at time zone 'Asia/Tokyo')::date >= a.valid_from
            and ((clock_timestamp() at time zone 'Asia/Tokyo')::date <= a.valid_to or a.valid_to is null)
    ) then
        raise exception 'not an approver' using errcode = 'RC005';
    end if;
    update campaign.halt set lifted_by = p_user, lift_reason = p_reason, lifted_at = clock_timestamp()
    where campaign_name = p_campaign_name and lifted_at is null;
    get diagnostics lifted = row_count;
    return lifted;
end $$;

grant select on campaign.halt to sender, auditor, screen, approver;
grant insert on campaign.halt to sender;
revoke all on function campaign.is_halted(text), campaign.lift_halts(text, text, text) from public;
grant execute on function campaign.is_halted(text) to sender;
grant execute on function campaign.lift_halts(text, text, text) to approver;
