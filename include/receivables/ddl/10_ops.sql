-- 取込の台帳: what arrived, what became of every row and yen, and what readers see.

create schema if not exists ops;
create schema if not exists quarantine;
create schema if not exists raw;
create schema if not exists vault;
create schema if not exists landing;
comment on schema landing is '取込中: what a batch holds between check and load; empty when no ingest runs';

create table if not exists ops.load (
    batch_id text primary key,
    source text not null,
    table_name text not null,
    business_date date not null,
    state text not null,
    file_name text not null,
    file_sha256 text not null,
    file_bytes bigint not null,
    declared_rows bigint,
    declared_yen bigint,
    accepted_rows bigint not null default 0,
    accepted_yen bigint not null default 0,
    quarantined_rows bigint not null default 0,
    quarantined_yen bigint not null default 0,
    duplicate_rows bigint not null default 0,
    duplicate_yen bigint not null default 0,
    excluded_rows bigint not null default 0,
    excluded_yen bigint not null default 0,
    reason_code text,
    reason text,
    created_at timestamptz not null default clock_timestamp()
);
alter table ops.load add column if not exists control_sha256 text; -- the manifest (送付票) that declared the file
alter table ops.load drop column if exists is_confirmed; -- of edition 0.1: a flag said nothing of who and why
alter table ops.load drop constraint if exists load_state_check;
alter table ops.load add constraint load_state_check check (
    state in ('landed', 'checked', 'loaded', 'superseded', 'duplicate', 'rejected', 'held', 'missing', 'correction')
);
alter table ops.load add column if not exists released_rows bigint not null default 0; -- corrected here and loaded (解放)
alter table ops.load add column if not exists released_yen bigint not null default 0; -- as the file declared them
alter table ops.load add column if not exists corrected_yen bigint not null default 0; -- by how much corrections changed that
-- A promise that is not met and lets the delivery in, but nobody be contacted on it.
alter table ops.load add column if not exists holds_sending boolean not null default false;
-- A full copy that is read as changes to the last one (前回との差): that batch, and how many rows are new or gone.
alter table ops.load add column if not exists follows text;
alter table ops.load add column if not exists held_rows bigint;
alter table ops.load add column if not exists gone_rows bigint;
comment on table ops.load is '取込バッチ: one landed file or snapshot, its one terminal state, and where every row and yen went';
-- A quiet day's full copy may hold the same bytes as the day before: once per business date.
drop index if exists ops.load_once;
create unique index if not exists load_once_a_day
on ops.load (source, table_name, business_date, file_sha256) where state = 'loaded';
create index if not exists load_by_date on ops.load (business_date, source);

create table if not exists ops.control_total (
    batch_id text not null references ops.load,
    source text not null,
    table_name text not null,
    hop text not null,
    measure text not null, -- the yen column that was added up
    fiscal_year integer, -- null: the hop does not know it yet
    rows bigint not null,
    yen bigint not null,
    created_at timestamptz not null default clock_timestamp()
);
create index if not exists control_total_by_batch on ops.control_total (batch_id, hop);
comment on table ops.control_total is '件数・金額の突合: rows and yen counted at one hop';

create table if not exists ops.set_aside_row (
    batch_id text not null references ops.load,
    source text not null,
    line_no bigint not null,
    byte_offset bigint not null,
    kind text not null check (kind in ('duplicate', 'excluded')),
    reason_code text not null,
    amount_yen bigint,
    primary key (batch_id, line_no)
);
comment on table ops.set_aside_row is '重複・対象外: rows that are neither accepted nor wrong, by place and reason';

create table if not exists ops.conversion (
    batch_id text not null references ops.load,
    source text not null,
    table_name text not null,
    column_name text not null,
    reason_code text not null,
    rows bigint not null,
    primary key (batch_id, column_name, reason_code)
);
comment on table ops.conversion is '換算: accepted rows whose text was read as another by agreement, by column and reason';

create table if not exists ops.profile (
    batch_id text not null references ops.load,
    source text not null,
    table_name text not null,
    column_name text not null,
    cell text not null, -- '' empty, else the least amount of its class in yen, the code, or the kind of letters
    rows bigint not null,
    yen bigint not null,
    primary key (batch_id, column_name, cell)
);
comment on table ops.profile is '分布: rows and yen in each class of amount and of each code, per delivery; nothing of a person';

create table if not exists ops.gaiji (
    batch_id text not null references ops.load,
    source text not null,
    encoding text not null,
    code text not null, -- the character's bytes in hex
    rows bigint not null,
    is_mapped boolean not null, -- when the batch was checked
    primary key (batch_id, code)
);
comment on table ops.gaiji is '外字の台帳: rows of a delivery that held a private-use code';

-- A record that is loaded with other letters than its own keeps its bytes beside the persons.
create table if not exists vault.original_record (
    batch_id text not null,
    table_name text not null,
    line_no bigint not null,
    byte_offset bigint not null,
    raw bytea not null,
    primary key (batch_id, line_no)
);
comment on table vault.original_record is '外字を含む原本: the bytes of records whose 外字 were mapped';

create table if not exists ops.validation (
    batch_id text not null references ops.load,
    source text not null,
    table_name text not null,
    expectation text not null,
    column_name text,
    success boolean not null,
    unexpected_count bigint,
    created_at timestamptz not null default clock_timestamp()
);
comment on table ops.validation is 'Great Expectations の結果: counts only, never values';

alter table ops.validation add column if not exists wording text; -- the rule as its section would say it
alter table ops.validation add column if not exists severity text check (severity in ('stop', 'hold_sending', 'warn'));
alter table ops.validation add column if not exists owner text;
alter table ops.validation add column if not exists reference text;

create table if not exists ops.validation_document (
    batch_id text primary key references ops.load,
    source text not null,
    suite jsonb not null,
    result jsonb not null, -- BOOLEAN_ONLY: holds no value of any row
    created_at timestamptz not null default clock_timestamp()
);
comment on table ops.validation_document is 'GX Data Docs の元: what Great Expectations said, in its own form';

create table if not exists ops.published_batch (
    published_batch text primary key,
    as_of date not null,
    published_at timestamptz not null default clock_timestamp(),
    is_current boolean not null,
    schema_name text not null
);
alter table ops.published_batch add column if not exists ledger_through bigint; -- the last entry its figures rest on
alter table ops.published_batch add column if not exists figures_digest numeric; -- of every claim's yen
alter table ops.published_batch add column if not exists law_digest numeric; -- of what the law found of every claim
create unique index if not exists one_current on ops.published_batch (is_current) where is_current;
comment on table ops.published_batch is '公開バッチ: what readers see now and saw before';

create table if not exists ops.staged (
    only_row boolean primary key default true check (only_row),
    as_of date not null,
    batch_ids text[] not null, -- the newest loaded batch of every table, as it was before staging was built
    staged_at timestamptz not null default clock_timestamp()
);
comment on table ops.staged is '中間層が読んだ取込バッチ: what staging holds now; no row while it is being built';

create table if not exists ops.batch_rests_on (
    published_batch text primary key,
    batch_ids text[] not null
);
comment on table ops.batch_rests_on is '公開バッチの元データ: which deliveries are in its figures; whatever was loaded since is in none yet';

create table if not exists quarantine.row (
    batch_id text not null references ops.load,
    source text not null,
    table_name text not null,
    file_name text not null,
    line_no bigint not null,
    byte_offset bigint not null,
    raw bytea not null,
    reason_code text not null,
    field text,
    amount_yen bigint,
    owner_dept text not null,
    state text not null default 'open' check (state in ('open', 'corrected', 'released', 'discarded')),
    created_at timestamptz not null default clock_timestamp(),
    primary key (batch_id, line_no)
);
alter table quarantine.row add column if not exists proposal_id text; -- what released or discarded the row
alter table quarantine.row add column if not exists settled_yen bigint; -- declared yen that left quarantine with it
alter table quarantine.row add column if not exists settled_at timestamptz;
comment on table quarantine.row is '隔離: one row that could not be accepted, with its original bytes, place, reason and owner';

create table if not exists quarantine.stray_file (
    source text not null,
    business_date date not null,
    file_name text not null, -- escaped; it may name a person
    reason text not null check (reason in ('NAME', 'NOT_A_FILE', 'UNEXPECTED')),
    seen_at timestamptz not null default clock_timestamp(),
    primary key (source, business_date, file_name)
);
comment on table quarantine.stray_file is '契約外のファイル: what lay in a folder and was not opened, by its escaped name';

-- Operations hold counts, dates and places, never a person's data: every role may read them.
grant usage on schema ops to etl, dbt, sender, approver, migrator, screen, analyst, auditor;
grant select on all tables in schema ops to etl, dbt, sender, approver, migrator, screen, analyst, auditor;
grant insert, update, delete on all tables in schema ops to etl;

-- Quarantined bytes are a person's data: only the loader and the steward's screen read them.
grant usage on schema quarantine to etl, dbt, screen, auditor;
grant select, insert, update, delete on quarantine.row, quarantine.stray_file to etl;
grant select on quarantine.stray_file to auditor;
grant select (
    batch_id, source, table_name, file_name, line_no, byte_offset, reason_code, field, amount_yen, owner_dept, state,
    created_at
) on quarantine.row to dbt, screen, auditor;

grant usage on schema raw to etl, dbt;
grant usage on schema vault to etl;
grant select, insert, delete on vault.original_record to etl;
grant usage, create on schema landing to etl;

---------- measuring

-- Sizes need not be whole: people who were drawn together count for less than their number (有効標本数).
drop function if exists ops.uplift(bigint, bigint, bigint, bigint);
create or replace function ops.uplift(
    paid_treated double precision, treated double precision, paid_control double precision, control double precision
)
returns table (uplift_permille numeric, uplift_low_permille numeric, uplift_high_permille numeric)
language sql immutable set search_path = pg_catalog as $$
    with arm as (
        select given.name, given.n, given.paid / given.n as rate, 1.959963984540054 ^ 2 / given.n as zz
        from (values ('treat', paid_treated, treated), ('control', paid_control, control)) as given (name, paid, n)
        where treated > 0 and control > 0
    ),
    wilson as (
        select
            arm.name, arm.rate,
            (arm.rate + arm.zz / 2 - spread) / (1 + arm.zz) as low,
            (arm.rate + arm.zz / 2 + spread) / (1 + arm.zz) as high
        from arm, lateral (select sqrt(arm.zz * arm.rate * (1 - arm.rate) + arm.zz ^ 2 / 4) as spread) as half
    )
    select
        round((1000 * (t.rate - c.rate))::numeric, 2),
        round((1000 * (t.rate - c.rate - sqrt((t.rate - t.low) ^ 2 + (c.high - c.rate) ^ 2)))::numeric, 2),
        round((1000 * (t.rate - c.rate + sqrt((t.high - t.rate) ^ 2 + (c.rate - c.low) ^ 2)))::numeric, 2)
    from wilson as t
    inner join wilson as c on t.name = 'treat' and c.name = 'control'
$$;
comment on function ops.uplift(double precision, double precision, double precision, double precision) is
'効果の差: treated minus control in per mille with its 95 % interval, Newcombe''s hybrid of two Wilson intervals (Newcombe 1998, method 10); no row when an arm is empty';
