-- 照合モデル: trained on the city's own persons, proven by their numbers, in force when two people adopted it.

create table if not exists identity.model (
    model_id text primary key check (model_id ~ '^m[0-9a-f]{12}$'),
    model jsonb not null, -- weights, and the shares of frequent surnames; no person
    bound jsonb not null, -- what was proven of it: weight in bits, counts, per mille
    persons bigint not null,
    made_at timestamptz not null default clock_timestamp(),
    role_name text not null default session_user
);
comment on table identity.model is '照合モデル: trained here; decision.last says which one links (none: the one that ships)';
create or replace trigger model_is_fixed before update or delete on identity.model
for each row execute function ledger.refuse_change();
grant select, insert on identity.model to etl;
