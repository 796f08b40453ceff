-- 法の当てはめ: one row a claim and business date, with everything that explains its figures.

create schema if not exists law;

create table if not exists law.claim_assessments (
    claim_id text not null,
    as_of date not null,
    prescription_state text not null check (prescription_state in ('running', 'completed', 'grace', 'unknown')),
    prescription_date_safe date,
    prescription_date_alt date,
    prescription_cause text,
    prescription_rule_id text not null,
    prescription_clock jsonb not null,
    needs_invocation boolean not null,
    delinquency_charge_yen bigint, -- null: not charged for this kind of claim and year
    charge_segments jsonb not null,
    charge_rule_id text,
    citations jsonb not null,
    missing jsonb not null,
    assessed_at timestamptz not null default clock_timestamp(),
    primary key (claim_id, as_of)
);
comment on table law.claim_assessments is '基準日ごとの法の当てはめ: prescription and delinquency charge of every claim';
