-- 債権台帳: what every claim is and what happened to it, appended as it became known and never changed (異動履歴).
-- An entry is recorded; when its source takes it back or tells it differently, a second entry withdraws it. So the
-- state of any earlier day is what was recorded up to its last entry and not withdrawn up to there.

create schema if not exists ledger;
create sequence if not exists ledger.entry_no;
create sequence if not exists ledger.recording_no;

create table if not exists ledger.claims (
    entry_no bigint not null default nextval('ledger.entry_no'),
    withdraws bigint, -- the entry that this one takes back; null: this one records
    claim_id text not null,
    source_code text,
    claim_type text,
    legal_class text,
    class_rule_id text,
    owner_dept text,
    fiscal_year integer,
    instalment_no integer,
    due_date date,
    contract_date date,
    assessed_yen bigint,
    digest bigint not null,
    recorded_on date not null, -- 基準日 of the night that learnt of it
    batch_id text,
    line_no bigint
);
comment on table ledger.claims is '債権台帳（調定）: append-only; a changed assessment is a withdrawal and a new entry';

create table if not exists ledger.claim_events (
    entry_no bigint not null default nextval('ledger.entry_no'),
    withdraws bigint,
    event_id text not null,
    claim_id text, -- null: no such claim is known, or not yet
    source_code text,
    event_type text,
    component_code text, -- of money: principal 本税（料）・元金, delinquency_charge, dunning_fee, disposition_costs
    event_date date, -- the day of the act
    effective_on date, -- from when it works
    until_on date, -- until when: 猶予・停止の終期, 分納の各期限
    issued_on date,
    arrived_on date,
    returned_on date,
    designated_deadline date,
    channel_code text,
    ground_code text,
    is_immediate boolean,
    document_no text,
    amount_yen bigint,
    digest bigint not null,
    recorded_on date not null,
    batch_id text,
    line_no bigint
);
comment on table ledger.claim_events is '債権台帳（異動）: append-only; receipts, letters, write-offs and case work';

create table if not exists ledger.recording (
    recording_no bigint primary key default nextval('ledger.recording_no'),
    as_of date not null,
    through bigint not null, -- the last entry that this night knew
    recorded bigint not null,
    withdrawn bigint not null,
    recorded_at timestamptz not null default clock_timestamp()
);
comment on table ledger.recording is '記帳: one night''s entries; `through` is how far its figures reach';

-- Withdrawals are few: looked up beside the entries, they cost nothing.
create index if not exists claims_withdrawn on ledger.claims (withdraws, entry_no) where withdraws is not null;
create index if not exists events_withdrawn on ledger.claim_events (withdraws, entry_no) where withdraws is not null;

create or replace function ledger.refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception 'ledger.% is append-only: withdraw the entry by a new one', tg_table_name;
end $$;

do $$
declare
    kept text;
begin
    foreach kept in array array['claims', 'claim_events', 'recording'] loop
        execute format('drop trigger if exists append_only on ledger.%I', kept);
        execute format(
            'create trigger append_only before update or delete or truncate on ledger.%I'
            ' for each statement execute function ledger.refuse_change()', kept
        );
    end loop;
end $$;

create or replace function ledger.claims_at(through bigint) returns setof ledger.claims
language sql stable parallel safe as $$
    select kept.* from ledger.claims as kept
    where kept.withdraws is null and kept.entry_no <= through and kept.entry_no not in (
        select later.withdraws from ledger.claims as later
        where later.withdraws is not null and later.entry_no <= through
    )
$$;
comment on function ledger.claims_at is '時点の債権: the claims as the entries up to `through` tell them';

create or replace function ledger.events_at(through bigint) returns setof ledger.claim_events
language sql stable parallel safe as $$
    select kept.* from ledger.claim_events as kept
    where kept.withdraws is null and kept.entry_no <= through and kept.entry_no not in (
        select later.withdraws from ledger.claim_events as later
        where later.withdraws is not null and later.entry_no <= through
    )
$$;
comment on function ledger.events_at is '時点の異動: the events as the entries up to `through` tell them';

drop function if exists ledger.balances_at(bigint);
create or replace function ledger.balances_at(through bigint) returns table (
    claim_id text, claim_type text, class_rule_id text, fiscal_year integer, due_date date, contract_date date,
    assessed_yen bigint, received_yen bigint, written_off_yen bigint, refund_pending_yen bigint, outstanding_yen bigint,
    last_paid_on date
)
language sql stable parallel safe as $$
    select
        claims.claim_id, claims.claim_type, claims.class_rule_id, claims.fiscal_year, claims.due_date,
        claims.contract_date, claims.assessed_yen, claims.received_yen, claims.written_off_yen,
        greatest(claims.received_yen + claims.written_off_yen - claims.assessed_yen, 0),
        -- 収入未済額 = 調定額 - (収入済額 - 還付未済額) - 不納欠損額
        greatest(claims.assessed_yen - claims.received_yen - claims.written_off_yen, 0),
        claims.last_paid_on
    from (
        select
            kept.*,
            -- what goes back is at most what came in
            coalesce(greatest(moved.paid_yen - moved.given_back_yen, least(moved.paid_yen, 0)), 0) as received_yen,
            coalesce(moved.written_off_yen, 0) as written_off_yen, moved.last_paid_on
        from ledger.claims_at(through) as kept
        left join (
            select
                claim_id,
                sum(case event_type when 'paid' then amount_yen else 0 end)::bigint as paid_yen,
                sum(case when event_type in ('refunded', 'offset') then amount_yen else 0 end)::bigint as given_back_yen,
                sum(case event_type when 'written_off' then amount_yen else 0 end)::bigint as written_off_yen,
                max(event_date) filter (where event_type = 'paid') as last_paid_on
            from ledger.events_at(through)
            where claim_id is not null and component_code = 'principal'
                and event_type in ('paid', 'written_off', 'refunded', 'offset')
            group by claim_id
        ) as moved on kept.claim_id = moved.claim_id
    ) as claims
$$;
comment on function ledger.balances_at is '時点の残高: yen of every claim, derived from its entries alone';
