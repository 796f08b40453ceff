"""Reading back (読み戻し, 段T): what a standard system in use gives out, beside the warehouse's own figures.

The files are read by the independent reader under the edition's groups, not by the intake. A row that the warehouse
does not have must be one that the intake set aside: deleted at its source, quarantined, or twice in the file.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from psycopg import sql

from receivables import db
from receivables.errors import InputRejectedError
from receivables.migration.checks import EXPLAINED, FAIL, Check, keep_checks, verdict_of
from receivables.migration.fragments import fragments
from receivables.migration.legs import Bench, reread
from receivables.migration.plan import Scope, targets
from receivables.migration.progress import Say, silent
from receivables.migration.returned import RETURNED, Returned, compared
from receivables.migration.runs import RunGroup, run_of
from receivables.migration.spec import Spec, spec_of
from receivables.migration.staging import keep_warehouse, lay_out_keys, open_run, published
from receivables.migration.tables import ROLE, open_parts, prepare_tables
from receivables.settings import State

PROFILE = "zero_filled_csv"  # 読み戻し: an empty number stands as 0 in what the systems give out


def take_back(
    drop: Path, *, edition: str, as_of: date, state: State, sources: Sequence[str] | None = None, say: Say = silent
) -> dict[str, Any]:
    """Compare what the migrated systems delivered on `as_of` in `drop` with the warehouse; returns verdict and checks.

    Raises InputRejectedError for a system that is not migrated yet, or whose files are not there.
    """
    chosen = _migrated(sources)
    specs = [spec_of(edition, group, PROFILE, as_of) for group in RETURNED]
    prepare_tables(specs, state=state)
    results: list[dict[str, Any]] = []
    for source in chosen:
        say(f"読み戻し {source}")
        results.append(_one(source, specs, drop, as_of, state, say))
    checks = [check for each in results for check in each["checks"]]
    verdict = next((each for each in (FAIL, EXPLAINED) if each in {one["verdict"] for one in results}), "PASS")
    return {
        "verdict": verdict, "runs": [each["run_id"] for each in results],
        "unexplained_rows": sum(each["unexplained_rows"] for each in results),
        "unexplained_yen": sum(each["unexplained_yen"] for each in results), "checks": checks,
    }  # fmt: skip


def _migrated(sources: Sequence[str] | None) -> tuple[str, ...]:
    done = tuple(dict.fromkeys(each.source_code for each in targets() if each.state == "done"))
    for name in sources or ():
        if name not in done:
            raise InputRejectedError(f"--sources {name!r} is not migrated yet; those that are: {', '.join(done)}")
    return tuple(name for name in done if sources is None or name in sources)


def _one(source: str, specs: list[Spec], drop: Path, as_of: date, state: State, say: Say) -> dict[str, Any]:
    files = {spec.group.id: _files(drop, source, spec, as_of) for spec in specs}
    scope = Scope((source,), tuple(RETURNED), tuple(each for each in targets() if each.source_code == source))
    with db.connect(state, ROLE, doing=f"take back {source}") as connection:
        connection.execute("set transaction isolation level repeatable read")
        batch = published(connection, as_of)
        parts = fragments(scope.sources, sql.Literal(as_of))
        run_id = open_run(connection, specs, scope, {spec.group.id: [] for spec in specs}, "return", as_of, batch)
        lay_out_keys(connection, parts)
        checks: list[Check] = []
        rows = yen = 0
        for position, spec in enumerate(specs, start=1):
            say(f"  {spec.group.name}")
            open_parts(connection, spec, run_id)
            connection.execute(
                "insert into migration.run_group (run_id, group_id, position, maps, source_totals)"
                " values (%s, %s, %s, '[]', '{}')",
                [run_id, spec.group.id, position],
            )
            keep_warehouse(connection, spec, run_id, parts, is_decided=False)
            run = run_of(connection, run_id)
            group = RunGroup(spec.group.id, position, [], {}, None, None, None)
            bench = Bench(connection, state, run, group, spec, reread(connection, run, spec, files[spec.group.id]))
            found = compared(Returned(source, bench, files[spec.group.id]))
            checks += found.checks
            rows, yen = rows + found.rows, yen + found.yen
        verdict = verdict_of(checks) if not rows and not yen else FAIL
        keep_checks(connection, run_id, checks)
        connection.execute(
            "update migration.run set verdict = %s, unexplained_rows = %s, unexplained_yen = %s where run_id = %s",
            [verdict, rows, yen, run_id],
        )
    return {
        "run_id": run_id, "verdict": verdict, "unexplained_rows": rows, "unexplained_yen": yen,
        "checks": [each.as_dict() for each in checks],
    }  # fmt: skip


def _files(drop: Path, source: str, spec: Spec, as_of: date) -> list[Path]:
    folder = drop / source
    found = sorted(
        file
        for file in (folder.iterdir() if folder.is_dir() else ())
        if (match := spec.files.file_pattern.fullmatch(file.name)) and match["stamp"].startswith(f"{as_of:%Y%m%d}")
    )
    if not found:
        raise InputRejectedError(
            f"{source}: no file {spec.files.file_name(f'{as_of:%Y%m%d}000000', 1)} or like it in {folder.name}/;"
            " take the day and the folder that the system delivered to"
        )
    return found
