-- 効果の検証: what a campaign wanted to know before it was sent, what came of it, and what halts it.

alter table campaign.contact add column if not exists unit_key text; -- null: the person is drawn alone
comment on column campaign.contact.unit_key is
'割付の単位: a salted hash that the members of one household share in this campaign; not the household''s own key';

create or replace function campaign.amount_band(yen bigint) returns text
language sql immutable set search_path = pg_catalog as $$
    select case
        when yen < 10000 then '1万円未満' when yen < 50000 then '1～5万円' when yen < 100000 then '5～10万円'
        when yen < 500000 then '10～50万円' else '50万円以上'
    end
$$;
comment on function campaign.amount_band(bigint) is '金額帯: of what one person owed when the list was made';

create table if not exists campaign.preregistration (
    run_id text primary key references campaign.run,
    trial_key text not null, -- the runs that are looked at together: same campaign, salt and unit
    primary_outcome text not null,
    unit text not null check (unit in ('debtor', 'household')),
    horizon_days integer not null check (horizon_days > 0),
    treat_count bigint not null,
    control_count bigint not null,
    alpha_permille integer not null,
    power_permille integer not null,
    baseline_permille numeric(7, 2) not null,
    baseline_from text not null check (baseline_from in ('earlier_runs', 'prior')),
    mde_permille numeric(7, 2), -- of this run alone; null: no effect could be seen
    trial_mde_permille numeric(7, 2), -- of all planned runs together
    planned_runs integer not null check (planned_runs > 0),
    stop_rule text not null,
    harm_limits jsonb not null,
    registered_at timestamptz not null default clock_timestamp()
);
comment on table campaign.preregistration is
'事前登録: primary outcome, horizon, smallest effect that could be seen and stop rule, written with the list and never changed';

create or replace function campaign.guard_preregistration() returns trigger language plpgsql as $$
begin
    if exists (select from campaign.run where run_id = new.run_id and dispatched_on is not null) then
        raise exception 'registered before sending or never' using errcode = 'RC013';
    end if;
    return new;
end $$;
create or replace trigger preregistration_comes_first before insert on campaign.preregistration
for each row execute function campaign.guard_preregistration();
create or replace trigger preregistration_is_fixed before update or delete on campaign.preregistration
for each row execute function campaign.refuse_change();

alter table campaign.effect add column if not exists unit_count bigint;
alter table campaign.effect add column if not exists gain_yen bigint; -- more paid per person asked
alter table campaign.effect add column if not exists gain_low_yen bigint;
alter table campaign.effect add column if not exists gain_high_yen bigint;
comment on column campaign.effect.gain_yen is
'一人当たりの追加納付額（円）: yen paid per assigned person, treated minus control, with its 95 % interval; by unit of assignment';

create table if not exists campaign.look (
    trial_key text not null,
    look_no integer not null check (look_no > 0),
    run_id text not null unique references campaign.run,
    information double precision not null check (information > 0),
    spent_at double precision not null check (spent_at > 0 and spent_at <= 1),
    z double precision not null,
    bound double precision not null check (bound > 0),
    uplift_permille numeric(7, 2) not null,
    decision text not null check (decision in ('continue', 'effective', 'harmful', 'not_shown')),
    looked_at timestamptz not null default clock_timestamp(),
    primary key (trial_key, look_no)
);
comment on table campaign.look is '逐次検証: each look at a trial with its boundary, kept as it was seen; late money changes no earlier look';
create or replace trigger look_is_fixed before update or delete on campaign.look
for each row execute function campaign.refuse_change();

create table if not exists campaign.week (
    week_start date primary key check (extract(isodow from week_start) = 1),
    block_no integer not null,
    mode text not null check (mode in ('outbound', 'inbound')),
    salt text not null,
    planned_at timestamptz not null default clock_timestamp(),
    unique (block_no, mode)
);
comment on table campaign.week is '週の割付: in which weeks the phone centre calls out and in which it answers, drawn in pairs before they begin';
create or replace trigger week_is_fixed before update or delete on campaign.week
for each row execute function campaign.refuse_change();

create table if not exists campaign.inbound_load (
    day date primary key,
    calls integer not null check (calls >= 0),
    told_by text not null,
    told_at timestamptz not null default clock_timestamp()
);
comment on table campaign.inbound_load is '受電件数: how many calls about letters and messages came in on a day, as the phone centre counts them; of nobody in particular';

---------- who is drawn together

create or replace function campaign.household_units(p_debtor_ids text[], p_day date, p_salt text)
returns table (debtor_id text, household text)
language plpgsql stable security definer set search_path = pg_catalog as $$
begin
    -- A salted hash in place of the household: enough to draw and to measure together, another one for each campaign.
    return query
    select distinct r.from_ref, 'h' || left(encode(sha256(convert_to(p_salt || '|' || r.to_ref, 'UTF8')), 'hex'), 20)
    from identity.relation as r
    where r.kind = 'household' and r.from_ref = any(p_debtor_ids)
        and r.valid_from <= p_day and (r.valid_to is null or r.valid_to >= p_day);
end $$;
comment on function campaign.household_units(text[], date, text) is
'debtors and their household by a salted hash; protected persons have none, for their households are never told';

---------- rights

grant select on campaign.preregistration, campaign.look, campaign.week, campaign.inbound_load to sender, auditor, screen;
grant insert on campaign.preregistration, campaign.look, campaign.week to sender;
grant insert, update on campaign.inbound_load to sender;
revoke all on function campaign.household_units(text[], date, text) from public;
grant execute on function campaign.household_units(text[], date, text) to sender;
