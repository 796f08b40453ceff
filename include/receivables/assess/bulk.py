"""Assessing in bulk (一括判定): claims worth judging are laid out, judged on two processes and put in place at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from psycopg import sql
from psycopg.rows import args_row

from receivables import access, db
from receivables.assess.desk import ACT, COLUMNS, NO_ACTS, Desk, Found
from receivables.errors import InvariantBrokenError
from receivables.ledger.figures import LAW_DIGEST, published
from receivables.processes import side_by_side
from receivables.rulebook import rulebook
from receivables.settings import State

HANDS = 2  # processes that judge
KEPT_DAYS = 3  # business dates whose findings stay; any other is derived again from the ledger
_ROWS_AT_ONCE = 20_000
# Claims that are overdue, were paid late or are written off, each with its payments and acts: what is paid in time
# or not yet due needs no judge, and is by far the most.
_LAY_OUT = """
    create unlogged table law.desk as
    with worth as (
        select * from ledger.balances_at(%(through)s)
        where (outstanding_yen > 0 and due_date < %(as_of)s) or last_paid_on > due_date or written_off_yen > 0
    ),
    acts as (
        select
            events.claim_id,
            array_agg(event_date order by event_date, event_id) filter (where is_paid) as paid_days,
            array_agg(amount_yen order by event_date, event_id) filter (where is_paid) as paid_yens,
            coalesce(sum(amount_yen) filter (
                where event_type = 'paid' and component_code = 'delinquency_charge'
            ), 0)::bigint as charge_paid_yen,
            coalesce(sum(amount_yen) filter (
                where event_type in ('refunded', 'offset') and component_code = 'principal'
            ), 0)::bigint as given_back_yen,
            jsonb_agg(
                jsonb_build_array({act}) order by event_date, event_id
            ) filter (where event_type <> all(%(no_acts)s)) as acts
        from ledger.events_at(%(through)s) as events
        inner join worth on events.claim_id = worth.claim_id
        cross join lateral (
            select event_type = 'paid' and component_code = 'principal' and amount_yen > 0 as is_paid
        ) as kind
        where event_date <= %(as_of)s
        group by events.claim_id
    ),
    parts as (
        select claim_id, jsonb_object_agg(component_code, assessed_yen) as components
        from intermediate.int_claim_components where claim_id in (select claim_id from worth)
        group by claim_id
    )
    select
        worth.claim_id, worth.claim_type, worth.fiscal_year, worth.due_date, worth.contract_date, worth.assessed_yen,
        worth.written_off_yen, worth.class_rule_id, acts.paid_days, acts.paid_yens,
        coalesce(acts.charge_paid_yen, 0) as charge_paid_yen, coalesce(acts.given_back_yen, 0) as given_back_yen,
        acts.acts::text as acts, parts.components,
        abs(hashtext(worth.claim_id) %% {hands}) as hand
    from worth
    left join acts on worth.claim_id = acts.claim_id
    left join parts on worth.claim_id = parts.claim_id
"""


def assess(*, as_of: date, state: State) -> int:
    """Write law.claim_assessments of `as_of` (基準日) from the ledger; the number of rows.

    Judged are claims that are overdue, were paid late or are written off. Asked again it writes the same rows.
    Raises InputRejectedError for an unknown claim type or a day without a rate, and then leaves what was there.
    """
    with access.alone(state, "assess") as connection, _judged(connection, as_of, state) as (draft, count):
        _put_in_place(connection, draft, as_of)
    return count


def is_as_published(batch: str, *, state: State) -> bool:
    """Judge the claims of a published batch again, from the ledger as it was then; whether every finding is the same.

    Where the rules have changed since, the findings differ: that is what a new rule does. Nothing is kept.
    """
    with access.alone(state, "judge a batch again") as connection:
        known = published(connection, batch=batch)
        with _judged(connection, known.as_of, state, through=known.ledger_through) as (draft, _):
            query = sql.SQL("select {} from law.{}").format(sql.SQL(LAW_DIGEST), sql.Identifier(draft))
            found = connection.execute(query).fetchone()
            return found is not None and found[0] == known.law_digest


@contextmanager
def _judged(
    connection: db.Connection, as_of: date, state: State, *, through: int | None = None
) -> Iterator[tuple[str, int]]:
    """A draft with the findings of a day, and how many; gone afterwards unless it was put in place."""
    draft = f"assessing_{as_of:%Y%m%d}"
    lay_out(connection, as_of, through=last_entry(connection, as_of) if through is None else through)
    _draft(connection, draft)
    try:
        hands = [(hand, draft, as_of, state) for hand in range(HANDS)]
        yield draft, sum(count for _, count in side_by_side(judge, hands, processes=HANDS))
    finally:
        connection.execute(sql.SQL("drop table if exists law.desk, law.{}").format(sql.Identifier(draft)))


def lay_out(connection: db.Connection, as_of: date, *, through: int) -> None:
    """Make law.desk: what the ledger knew up to entry `through` of every claim worth judging."""
    connection.execute("drop table if exists law.desk")
    with connection.transaction():
        connection.execute("set local work_mem = '256MB'")
        query = _LAY_OUT.format(hands=HANDS, act=", ".join(ACT.values())).encode()
        connection.execute(query, {"as_of": as_of, "through": through, "no_acts": list(NO_ACTS)})
    connection.execute("grant select on law.desk to etl")


def judge(hand: int, draft: str, as_of: date, state: State) -> int:
    """One process's share, from law.desk into the draft; the number of rows."""
    desk = Desk(rulebook(), as_of)
    with (
        db.connect(state, "etl", doing="assess") as target,
        db.connect(state, "etl", doing="read claims to assess") as source,
    ):
        names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
        copy = sql.SQL("copy law.{} ({}) from stdin").format(sql.Identifier(draft), names)
        with target.cursor().copy(copy) as rows:
            for row in desk.rows(laid_out(source, hand)):
                rows.write_row(row)
    return desk.count


def laid_out(connection: db.Connection, hand: int) -> Iterator[Found]:
    """The claims that lie on the desk for one of the hands."""
    columns = sql.SQL(", ").join(map(sql.Identifier, Found._fields))
    query = sql.SQL("select {} from law.desk where hand = %s").format(columns)
    with connection.cursor(name="claims") as claims:
        claims.itersize = _ROWS_AT_ONCE
        claims.execute(query, [hand])
        yield from map(Found._make, claims)


def last_entry(connection: db.Connection, as_of: date) -> int:
    """How far the ledger reached on `as_of`: the last entry of that day's recording, or of the one before it."""
    known = (
        connection.cursor(row_factory=args_row(int))
        .execute(
            "select through from ledger.recording where as_of <= %s order by as_of desc, recording_no desc limit 1",
            [as_of],
        )
        .fetchone()
    )
    if known is None:
        raise InvariantBrokenError(f"the ledger knows no day up to {as_of}: prepare and record a night first")
    return known


def _draft(connection: db.Connection, draft: str) -> None:
    name = sql.Identifier(draft)
    connection.execute(sql.SQL("drop table if exists law.{}").format(name))
    connection.execute(sql.SQL("create table law.{} (like law.claim_assessments including all)").format(name))
    connection.execute(sql.SQL("grant insert on law.{} to etl").format(name))


def _put_in_place(connection: db.Connection, draft: str, as_of: date) -> None:
    """The draft becomes the partition of its day; days beyond the last few are let go."""
    name, place = sql.Identifier(draft), _partition(as_of)
    connection.execute(sql.SQL("create unique index on law.{} (claim_id)").format(name))
    with connection.transaction():
        connection.execute(sql.SQL("drop table if exists law.{}").format(sql.Identifier(place)))
        connection.execute(sql.SQL("alter table law.{} rename to {}").format(name, sql.Identifier(place)))
        connection.execute(
            sql.SQL("alter table law.claim_assessments attach partition law.{} for values in ({})").format(
                sql.Identifier(place), as_of
            )
        )
        access.apply(connection)
    connection.execute(sql.SQL("analyze law.{}").format(sql.Identifier(place)))
    rows = connection.execute(
        "select inhrelid::regclass::text from pg_inherits where inhparent = 'law.claim_assessments'::regclass"
        " and inhrelid::regclass::text <> %s order by 1 desc offset %s",
        [f"law.{place}", KEPT_DAYS - 1],
    )
    for (old,) in rows.fetchall():
        connection.execute(sql.SQL("drop table {}").format(sql.Identifier(*str(old).split("."))))


def _partition(as_of: date) -> str:
    return f"claim_assessments_{as_of:%Y%m%d}"
