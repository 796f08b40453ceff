-- 倉庫: the schemas that dbt fills, and the owner of what is published, who cannot log in.

do $$
begin
    if not exists (select from pg_roles where rolname = 'mart_owner') then
        create role mart_owner nologin;
    end if;
    execute format('grant create on database %I to dbt', current_database()); -- it makes mart_build each night
end $$;

create schema if not exists staging;
create schema if not exists intermediate;
create schema if not exists law;
create schema if not exists campaign;
create schema if not exists mart;

-- Seeds land beside other tables, so dbt may add there; it owns, and may drop, only what it made.
grant usage, create on schema staging, intermediate, law, ops, campaign to dbt;
grant usage on schema raw, identity to dbt;
grant usage, create on schema mart to mart_owner;
