"""文字の棚卸し: which characters of staged rows the target does not take, in how many rows and for how many people.

The database tells distinct characters, Python judges those, the database counts where they stand: no name leaves it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from receivables import db
from receivables.errors import InputRejectedError
from receivables.migration.characters.governed import Ruling
from receivables.migration.characters.repertoire import BLANKS, Kind, letter_class, problem_of
from receivables.migration.characters.units import ATTACHED, UNIT, codes_of

_LISTED = ("cjk_compatibility", "gj")  # legal, and shown all the same


@dataclass(frozen=True, slots=True)
class Staged:
    """Text columns of staged rows: of which run, group and source, where they lie, and whose rows they are."""

    run_id: str
    group: str
    source: str
    columns: Mapping[str, str]  # item: character set
    relation: sql.Composable | None = None  # default: migration.stage_<group>
    person: str | None = "atena_no"

    @property
    def place(self) -> sql.Composable:
        """The relation that holds the rows."""
        return self.relation or sql.Identifier("migration", f"stage_{self.group}")


def inventory(
    connection: db.Connection, staged: Staged, rulings: Mapping[str, Ruling] | None = None
) -> list[dict[str, Any]]:
    """Fill migration.char_issue for these columns and return its rows: code points and counts, never names.

    What was there of the same run, group, source and items is replaced.
    """
    if not staged.columns:
        return []
    found = [*_edges(connection, staged), *_hits(connection, staged)]
    rows = [_row(staged, rulings or {}, *each) for each in sorted(found, key=str)]
    connection.execute(
        "delete from migration.char_issue where run_id = %s and group_id = %s and source_code = %s and item = any(%s)",
        [staged.run_id, staged.group, staged.source, list(staged.columns)],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into migration.char_issue (run_id, source_code, group_id, item, codes, class, problem, row_count,"
            " person_count, decision, ruling) values (%(run_id)s, %(source_code)s, %(group_id)s, %(item)s, %(codes)s,"
            " %(class)s, %(problem)s, %(row_count)s, %(person_count)s, %(decision)s, %(ruling)s::jsonb)",
            rows,
        )
    return rows


def bracket(chars: Iterable[str]) -> str:
    """A bracket expression for PostgreSQL that matches any one of `chars`."""
    return "[" + "".join(f"\\U{ord(char):08X}" for char in sorted(chars)) + "]"


def own_rows(connection: db.Connection, staged: Staged) -> sql.Composed:
    """The condition for the run's rows of this source, as `r`; a relation without the column holds one source only."""
    described = connection.execute(sql.SQL("select * from {} as r limit 0").format(staged.place)).description or []
    names = {column.name for column in described}
    missing = sorted({*staged.columns, "run_id", *([staged.person] if staged.person else [])} - names)
    if missing:
        raise InputRejectedError(f"{staged.group}: the staged rows have no column {', '.join(missing)}")
    own = sql.SQL("r.run_id = {}").format(sql.Literal(staged.run_id))
    if "source_code" in names:
        own += sql.SQL(" and r.source_code = {}").format(sql.Literal(staged.source))
    return own


def _row(
    staged: Staged, rulings: Mapping[str, Ruling], item: str, unit: str, kind: Kind | None, rows: int,
    persons: int | None,
) -> dict[str, Any]:  # fmt: skip
    ruling = rulings.get(unit) if kind is not None else None
    decision: str | None = "unresolved" if kind is not None else None
    if ruling is not None:
        decision = "substituted" if ruling.kind == "substituted" else ruling.status
    return {
        "run_id": staged.run_id, "source_code": staged.source, "group_id": staged.group, "item": item,
        "codes": codes_of(unit), "class": letter_class(unit), "problem": kind, "row_count": rows,
        "person_count": persons, "decision": decision, "ruling": ruling.model_dump_json() if ruling else None,
    }  # fmt: skip


def _hits(connection: db.Connection, staged: Staged) -> list[tuple[str, str, Kind | None, int, int | None]]:
    """Every character that is wrong or listed, blanks at the edges aside, with its rows and persons."""
    found = []
    for item, letters in _letters(connection, staged).items():
        charset = staged.columns[item]
        wanted = {one for one in letters if problem_of(one, charset) or letter_class(one) in _LISTED}
        if not wanted:
            continue
        # A letter with something attached is another character than the letter: both are looked at as they stand.
        units = _counted(connection, staged, item, bracket(wanted))
        for unit, rows, persons in units:
            kind = problem_of(unit, charset)
            if kind is not None or letter_class(unit) in _LISTED:
                found.append((item, unit, kind, rows, persons))
    return found


def _letters(connection: db.Connection, staged: Staged) -> dict[str, list[str]]:
    """The distinct code points of each column, in one pass over the rows."""
    pairs = sql.SQL(", ").join(
        sql.SQL("({}, r.{})").format(sql.Literal(item), sql.Identifier(item)) for item in staged.columns
    )
    query = sql.SQL(
        'select distinct v.item, letter collate "C" from {} as r cross join lateral (values {}) as v (item, text)'
        " cross join lateral string_to_table(v.text, null) as letter where {}"
    ).format(staged.place, pairs, own_rows(connection, staged))
    found: dict[str, list[str]] = {}
    for item, letter in connection.execute(query).fetchall():
        found.setdefault(str(item), []).append(str(letter))
    return found


def _counted(
    connection: db.Connection, staged: Staged, item: str, wanted: str
) -> list[tuple[str, int, int | None]]:  # fmt: skip
    blank = bracket(BLANKS)
    edges = f"^({blank}(?!{ATTACHED}))+|{blank}+$"
    query = sql.SQL(
        "select u.unit, count(*), {persons} from (select r.*, regexp_replace(r.{item}, {edges}, '', 'g') as inner_text"
        " from {place} as r where {own} and r.{item} ~ {wanted}) as r"
        " cross join lateral (select distinct m[1] as unit from regexp_matches(r.inner_text, {unit}, 'g') as m"
        " where m[1] ~ {wanted}) as u group by u.unit"
    ).format(
        persons=_persons(staged), item=sql.Identifier(item), edges=sql.Literal(edges), place=staged.place,
        own=own_rows(connection, staged), wanted=sql.Literal(wanted), unit=sql.Literal(UNIT),
    )  # fmt: skip
    return [_figures(row) for row in connection.execute(query).fetchall()]


def _edges(connection: db.Connection, staged: Staged) -> list[tuple[str, str, Kind | None, int, int | None]]:
    """Blanks before the first and after the last letter of a text."""
    blank = bracket(BLANKS)
    found: list[tuple[str, str, Kind | None, int, int | None]] = []
    for item in staged.columns:
        query = sql.SQL(
            "select u.unit, count(*), {persons} from {place} as r cross join lateral (select distinct letter as unit"
            " from regexp_matches(r.{item}, {edges}, 'g') as m, string_to_table(m[1], null) as letter) as u"
            " where {own} and r.{item} ~ {edges} group by u.unit"
        ).format(
            persons=_persons(staged), place=staged.place, item=sql.Identifier(item), own=own_rows(connection, staged),
            edges=sql.Literal(f"(^(?:{blank}(?!{ATTACHED}))+|{blank}+$)"),
        )  # fmt: skip
        found += [
            (item, unit, Kind.EDGE_BLANK, rows, persons)
            for unit, rows, persons in map(_figures, connection.execute(query).fetchall())
        ]
    return found


def _persons(staged: Staged) -> sql.Composable:
    if staged.person is None:
        return sql.SQL("null::bigint")
    return sql.SQL("count(distinct r.{})").format(sql.Identifier(staged.person))


def _figures(row: tuple[object, ...]) -> tuple[str, int, int | None]:
    unit, rows, persons = row
    return str(unit), int(str(rows)), None if persons is None else int(str(persons))
