"""A crowd of debtors who would all be reminded, as the marts would show them: for sending by the hundred thousand."""

from datetime import date

from receivables import contracts, db
from receivables.campaigns.freshness import rests_on

AS_OF = date(2026, 6, 19)
_PEOPLE = """
with one as (select n, 'd' || lpad(to_hex(n), 20, '0') as debtor_id from generate_series(1, %(people)s) as n),

persons as (
    insert into vault.register__persons (addressee_no, phone, _known_from)
    select lpad(n::text, 15, '0'), '090' || (10000001 + n * 7)::text, %(as_of)s from one
),

links as (
    insert into identity.link (source_code, source_debtor_key, debtor_id, method, probability, batch_id)
    select source, lpad(n::text, 15, '0'), debtor_id, 'addressee_no', 1, 'made'
    from one cross join unnest(array['resident_tax', 'register']) as source
),

debtors as (insert into mart.dim_debtors (debtor_id, contact_block) select debtor_id, false from one)

insert into mart.fct_delinquencies (
    claim_id, source_code, claim_type, owner_dept, debtor_id, due_date, outstanding_yen, provisional_yen,
    prescription_state, prescription_date_safe, dunned_on, dunning_deadline
)
select 'resident_tax:' || lpad(n::text, 15, '0') || '-1', 'resident_tax', 'resident_tax', 'tax', debtor_id,
    '2026-01-31', 25000, 0, 'running', '2031-01-31', '2026-02-20', '2026-03-02'
from one
"""
_AS_INTAKE_MAKES_THEM = """
create unique index if not exists register__persons_current on vault.register__persons (addressee_no)
where _known_to is null;
create index if not exists fct_delinquencies_debtor_id on mart.fct_delinquencies (debtor_id);
analyze vault.register__persons, identity.link, mart.fct_delinquencies, mart.dim_debtors;
"""
_LOADED = """
insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256, file_bytes)
values (%(batch)s, %(source)s, %(table)s, %(as_of)s, 'loaded', 'f', %(batch)s, 1)
"""


def publish(connection: db.Connection) -> None:
    """A published batch of the day, and a delivery of every table that a list of it rests on."""
    connection.execute("insert into ops.published_batch values (%s, %s, default, true, 'x')", [f"p{AS_OF}", AS_OF])
    for source in sorted(rests_on("resident_tax") | rests_on("nhi")):
        for table in contracts.contract(source).tables:
            connection.execute(
                _LOADED, {"batch": f"{table.name}-{AS_OF}", "source": source, "table": table.name, "as_of": AS_OF}
            )
    connection.execute("insert into ops.batch_rests_on select %s, array_agg(batch_id) from ops.load", [f"p{AS_OF}"])


def add(connection: db.Connection, people: int) -> None:
    """Add `people` debtors with one claim and one mobile number each, and the indexes that the intake makes."""
    connection.execute(_PEOPLE, {"people": people, "as_of": AS_OF})
    db.run_script(connection, _AS_INTAKE_MAKES_THEM)
