"""Characters of a run's staged rows (文字): counted by what the target takes, replaced where two people decided it."""

from collections.abc import Mapping
from datetime import date

from psycopg import sql

from receivables import db
from receivables.migration.characters import Ruling, Staged, applied, governed, in_force, inventory, resolve
from receivables.migration.characters.inventory import bracket
from receivables.migration.checks import Check, passed_when
from receivables.migration.legs import Bench
from receivables.migration.spec import Spec
from receivables.migration.tables import part
from receivables.settings import State

_OF_PEOPLE = ("name", "free", "kana", "bank")  # other character sets are checked letter by letter in the file


def take_stock(connection: db.Connection, spec: Spec, run_id: str, snapshot: date, state: State) -> None:
    """Fill migration.char_issue for the group and put decided characters into both legs, so that they can be undone."""
    items = {item.column for item in spec.group.items}
    columns = {item.column: item.charset for item in spec.group.items if item.charset in _OF_PEOPLE}
    staged = part("stage", spec, run_id)
    sources = connection.execute(sql.SQL("select distinct source_code from {} order by 1").format(staged)).fetchall()
    for (source,) in sources if columns else ():
        rulings = governed(str(source), as_of=snapshot, decided=in_force(str(source), state=state))
        person = "atena_no" if "atena_no" in items else None
        inventory(connection, Staged(run_id, spec.group.id, str(source), columns, staged, person), rulings)
        resolve(connection, Staged(run_id, spec.group.id, str(source), columns, staged, person), rulings)
        _expect(connection, spec, run_id, str(source), columns, rulings)


def _expect(
    connection: db.Connection, spec: Spec, run_id: str, source: str, columns: Mapping[str, str],
    rulings: Mapping[str, Ruling],
) -> None:  # fmt: skip
    """What two people decided is expected of the recomputation too; how to undo it is kept with the staged rows."""
    place = part("warehouse", spec, run_id)
    for item in columns if rulings else ():
        name, own = sql.Identifier(item), sql.SQL("source_code = {}").format(sql.Literal(source))
        came = connection.execute(
            sql.SQL("select distinct {0} from {1} where {2} and {0} ~ {3}").format(
                name, place, own, sql.Literal(bracket(rulings))
            )
        ).fetchall()
        for (text,) in came:
            connection.execute(
                sql.SQL("update {} set {name} = {} where {} and {name} = {}").format(
                    place, sql.Literal(applied(str(text), rulings)[0]), own, sql.Literal(text), name=name
                )
            )


def letters_check(bench: Bench) -> Check:
    """C-070 of names and places: every character is in its field's repertoire, or two people decided what it is."""
    rows = bench.connection.execute(
        "select item, codes, problem, row_count from migration.char_issue"
        " where run_id = %s and group_id = %s and decision = 'unresolved' order by row_count desc, item, codes",
        [bench.run.run_id, bench.group.group_id],
    ).fetchall()
    shown = "; ".join(
        f"{bench.spec.label(str(item))} {codes}（{problem}）{count:,} 行" for item, codes, problem, count in rows[:8]
    )
    return Check(
        "C-070", "G", "文字がレパートリ内、または二人で同定済み", passed_when(not rows), len(rows), grain="characters",
        cause=shown or None,
    )  # fmt: skip
