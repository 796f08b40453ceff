-- 移行の周辺: what must be mended before the move, and what finance says the books must show.

create sequence if not exists migration.measurement_no;

create table if not exists migration.defect_measurement (
    measurement_no bigint primary key default nextval('migration.measurement_no'),
    run_id text references migration.run on delete cascade, -- null: measured on a day without a rehearsal
    as_of date not null,
    defect_ids text[] not null, -- what was counted: a defect that is not here was not measured, which is not zero
    measured_at timestamptz not null default clock_timestamp(),
    unique nulls not distinct (run_id, as_of)
);
comment on table migration.defect_measurement is 'データ不備の測定: one count of every known kind of defect, of a rehearsal or of a day';

create table if not exists migration.defect (
    measurement_no bigint not null references migration.defect_measurement on delete cascade,
    run_id text,
    defect_id text not null,
    owner_dept text not null,
    rows bigint not null check (rows > 0),
    yen bigint not null,
    oldest_on date,
    primary key (measurement_no, defect_id, owner_dept)
);
comment on table migration.defect is 'データ不備: rows and yen of one kind of defect in one department, as they were measured';

-- Which cases, so that mended and new ones are told apart; identified (宛名番号, 通知書番号): the migrator's alone.
create table if not exists migration.defect_case (
    measurement_no bigint not null references migration.defect_measurement on delete cascade,
    defect_id text not null,
    owner_dept text not null,
    case_id text not null,
    yen bigint not null,
    since_on date,
    primary key (measurement_no, defect_id, owner_dept, case_id)
);
comment on table migration.defect_case is 'データ不備の明細: every case of a measurement';

-- 隔離中の行: without its bytes; the same bytes sent again are the same row. Of a full copy the newest counts alone.
create or replace view migration.quarantined_row as
select
    waiting.table_name || '-' || left(encode(sha256(waiting.raw), 'hex'), 20) || '-' || waiting.place as row_id,
    waiting.source, waiting.table_name, waiting.owner_dept, waiting.reason_code, waiting.amount_yen,
    waiting.state, load.business_date,
    load.batch_id = first_value(load.batch_id) over newest as is_newest
from (
    select *, row_number() over (partition by batch_id, raw order by line_no) as place from quarantine.row
) as waiting
right join ops.load as load on waiting.batch_id = load.batch_id
where load.state = 'loaded'
window newest as (partition by load.source, load.table_name order by load.business_date desc, load.created_at desc);
comment on view migration.quarantined_row is '隔離中の行: place, reason and yen of rows that wait, without what they hold';

create table if not exists migration.finance_file (
    as_of date not null,
    accounting_year integer not null, -- 会計年度: in April and May the books of two years are open
    file_name text not null,
    sha256 text not null,
    has_refunds boolean not null, -- 還付未済額 was told
    taken_at timestamptz not null default clock_timestamp(),
    primary key (as_of, accounting_year)
);
comment on table migration.finance_file is '収入整理簿のファイル: what finance delivered for one day; a second one takes its place';

create table if not exists migration.finance_total (
    as_of date not null,
    accounting_year integer not null,
    line_no integer not null,
    subject text not null, -- 科目
    levy_year integer not null, -- 賦課年度
    collection_category text not null check (collection_category in ('current', 'arrears')), -- 現年・滞納繰越
    assessed_yen bigint not null,
    received_yen bigint not null, -- 還付未済額 included, as the warehouse counts
    written_off_yen bigint not null,
    uncollected_yen bigint not null,
    refund_pending_yen bigint not null,
    file_sha256 text not null,
    primary key (as_of, accounting_year, subject, levy_year, collection_category),
    foreign key (as_of, accounting_year) references migration.finance_file on delete cascade
);
comment on table migration.finance_total is '決算・収入整理簿の値（段L）: yen per 科目, 賦課年度 and 現年・滞納繰越, as finance keeps them';

-------- rights

grant usage on sequence migration.measurement_no to migrator;
grant select, insert, update, delete on migration.defect_measurement, migration.defect, migration.defect_case,
migration.finance_file, migration.finance_total to migrator;
grant select on migration.quarantined_row to migrator;
grant select on migration.defect_measurement, migration.defect, migration.finance_file, migration.finance_total
to approver, screen, auditor;
