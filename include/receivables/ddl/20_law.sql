-- 法の当てはめ: one row a claim that is overdue, was paid late or was written off, and business date, with everything
-- that explains its figures. A business date is a partition, so that an old one goes at once.

create schema if not exists law;

do $$
begin
    -- Until edition 0.3 the table was one heap of every claim; `assess` writes it again.
    if (select relkind from pg_class where oid = to_regclass('law.claim_assessments')) = 'r' then
        drop table law.claim_assessments cascade;
    end if;
end $$;

create table if not exists law.claim_assessments (
    claim_id text not null,
    as_of date not null,
    prescription_state text check (prescription_state in ('running', 'completed', 'grace', 'unknown')),
    prescription_date_safe date,
    prescription_date_alt date,
    prescription_cause text,
    prescription_rule_id text not null,
    prescription_clock jsonb not null,
    needs_invocation boolean not null,
    -- settled: paid, if late; its charge stands still and no clock runs
    standing text not null check (standing in ('stands', 'extinct', 'unknown', 'settled')),
    extinct_from date, -- the first day on which it stands no more
    extinct_cause text, -- prescription, execution_stay, immediate, exemption, waiver: the earliest
    awaits_invocation boolean not null, -- 私債権: the period has ended, nobody has pleaded it
    held_by text, -- what keeps the section from collecting: execution_stay, collection_stop, deferral, extension …
    held_until date,
    holds jsonb not null,
    delinquency_charge_yen bigint, -- null: not charged for this kind of claim and year, or not known
    is_charge_known boolean not null, -- false: a fact for the charge is missing (猶予の事由 …), so there is no figure
    charge_paid_yen bigint not null, -- 延滞金 already received
    charge_segments jsonb not null,
    charge_rule_id text,
    components jsonb not null, -- {"medical": {"assessed_yen", "paid_yen"}, …}
    citations jsonb not null,
    missing jsonb not null
) partition by list (as_of);
-- Until edition 0.4 nothing told a charge that is not known from none; a row of that time lacks a fact if any is missing.
do $$
begin
    if not exists (
        select from pg_attribute
        where attrelid = 'law.claim_assessments'::regclass and attname = 'is_charge_known' and not attisdropped
    ) then
        alter table law.claim_assessments add column is_charge_known boolean;
        update law.claim_assessments set is_charge_known = delinquency_charge_yen is not null or missing = '[]';
        alter table law.claim_assessments alter column is_charge_known set not null;
    end if;
end $$;
comment on table law.claim_assessments is '基準日ごとの法の当てはめ: prescription, standing and delinquency charge of claims';
