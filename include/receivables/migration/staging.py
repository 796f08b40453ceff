"""Staging (段階化): every source row becomes a row of its group, or a line in the ledger that says why not.

Source, staged rows, ledger and the independent recomputation come from one snapshot of the warehouse.
"""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from psycopg import sql

from receivables import db
from receivables.errors import InputRejectedError
from receivables.migration.deciding import decide, keep_decided
from receivables.migration.entities import Entity, entities
from receivables.migration.fragments import filled, fragments, query
from receivables.migration.lettering import take_stock
from receivables.migration.mapping import Map, maps_of, require_use
from receivables.migration.plan import GROUPS, Scope
from receivables.migration.progress import Say, silent
from receivables.migration.runs import revision
from receivables.migration.spec import Spec, sha256_of
from receivables.migration.tables import ROLE, columns_of, open_parts, part, prepare_tables, row_key
from receivables.settings import State

Maps = dict[str, list[Map]]
_READ = ("staging", "intermediate")
_SET_ASIDE = """exists (
    select from decided as d
    where d.source_code = w.source_code and d.source_key = w.source_key and d.excluded_reason is not null
)"""


def maps_for(specs: Sequence[Spec], scope: Scope, folder: Path | None) -> Maps:
    """The checked maps of every group; InputRejectedError names file and key."""
    maps = {spec.group.id: maps_of(spec.group, _entity(spec), scope.sources, folder) for spec in specs}
    require_use(folder, [each for feeds in maps.values() for each in feeds])
    return maps


def stage_groups(
    specs: Sequence[Spec], scope: Scope, maps: Maps, *, kind: str, snapshot: date, state: State,
    made_by: str | None = None, say: Say = silent,
) -> str:  # fmt: skip
    """Stage every group as of `snapshot`; returns the new run_id. `made_by` may not sign its report.

    Raises InputRejectedError when the published warehouse stands at another day or a source holds no claim.
    """
    prepare_tables(specs, state=state)
    with db.connect(state, ROLE, doing="stage the groups") as connection:
        connection.execute("set transaction isolation level repeatable read")
        _lock(connection)
        batch = published(connection, snapshot)
        parts = fragments(scope.sources, sql.Literal(snapshot))
        _refuse_empty(connection, scope, snapshot)
        run_id = open_run(connection, specs, scope, maps, kind, snapshot, batch, made_by)
        lay_out_keys(connection, parts)
        for position, spec in enumerate(specs, start=1):
            say(f"段階化 {position}/{len(specs)} {spec.group.name}")
            _stage_group(connection, spec, maps[spec.group.id], position, run_id, parts)
            take_stock(connection, spec, run_id, snapshot, state)
    return run_id


def with_claims(sources: Sequence[str], *, state: State) -> tuple[str, ...]:
    """Those of `sources` of which the warehouse holds a claim."""
    with db.connect(state, ROLE, doing="look which sources have claims") as connection:
        return tuple(name for name in sources if _has_claims(connection, name))


def _has_claims(connection: db.Connection, source: str) -> bool:
    place = f"stg_{source}__claims"
    is_there = connection.execute("select to_regclass(%s) is not null", [f"staging.{place}"]).fetchone()
    if not (is_there and is_there[0]):
        return False
    name = sql.Identifier("staging", place)
    found = connection.execute(sql.SQL("select exists (select from {})").format(name)).fetchone()
    return bool(found and found[0])


def _entity(spec: Spec) -> Entity:
    return entities()[GROUPS[spec.group.id]]


def _lock(connection: db.Connection) -> None:
    """Locked before the snapshot is taken: nobody rebuilds these tables under our reading."""
    names = connection.execute(
        "select schemaname, tablename from pg_tables where schemaname = any(%s) order by 1, 2", [list(_READ)]
    ).fetchall()
    listed = sql.SQL(", ").join(sql.Identifier(str(schema), str(name)) for schema, name in names)
    connection.execute(sql.SQL("lock table {} in access share mode").format(listed))


def published(connection: db.Connection, snapshot: date) -> str:
    """The batch that is published for the snapshot's day; InputRejectedError when it is another day's."""
    found = connection.execute("select published_batch, as_of from ops.published_batch where is_current").fetchone()
    if found is None:
        raise InputRejectedError("nothing is published yet: run `receivables night` for the snapshot's day first")
    if found[1] != snapshot:
        raise InputRejectedError(
            f"--snapshot {snapshot}: the published warehouse stands at {found[1]}; "
            "take that day, or run `receivables night` for the snapshot's day first"
        )
    return str(found[0])


def _refuse_empty(connection: db.Connection, scope: Scope, snapshot: date) -> None:
    for source in scope.sources:
        if not _has_claims(connection, source):
            raise InputRejectedError(f"the warehouse holds no claim of {source} at {snapshot}: ingest the source first")


def open_run(
    connection: db.Connection, specs: Sequence[Spec], scope: Scope, maps: Maps, kind: str, snapshot: date, batch: str,
    made_by: str | None = None,
) -> str:  # fmt: skip
    """Number a new run and keep what it obeys."""
    number = connection.execute("select nextval('migration.run_number')").fetchone()
    assert number is not None
    run_id = f"m{snapshot:%Y%m%d}-{number[0]:04}"
    digests = "".join(each.sha256 for spec in specs for each in maps[spec.group.id])
    connection.execute(
        """
        insert into migration.run (run_id, kind, edition, profile, snapshot_date, published_batch, revision,
            spec_sha256, map_sha256, profile_sha256, made_by, plan, inputs)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, coalesce((
            select jsonb_object_agg(l.batch_id, jsonb_build_object('source', l.source, 'file', l.file_name,
                'sha256', l.file_sha256, 'rows', l.accepted_rows, 'yen', l.accepted_yen))
            from ops.load as l where l.state = 'loaded' and l.business_date <= %s and l.source = any(%s)
        ), '{}'))
        """,
        [run_id, kind, specs[0].edition, specs[0].profile_name, snapshot, batch, revision(), specs[0].spec_sha256,
         sha256_of(digests.encode()), specs[0].profile_sha256, made_by, scope.as_json(), snapshot,
         [*scope.sources, "arrears", "register"]],
    )  # fmt: skip
    return run_id


def lay_out_keys(connection: db.Connection, parts: dict[str, sql.Composable]) -> None:
    """Claims with what names them in every group: once from staging (S), once from the warehouse (W)."""
    for name in ("claim_keys", "warehouse_keys"):
        connection.execute(sql.SQL("create temp table {} on commit drop as {}").format(
            sql.Identifier(name), query(name, parts)
        ))  # fmt: skip
    connection.execute("create index on claim_keys (source_code, source_claim_key)")
    connection.execute("create index on claim_keys (slip_notice_no, instalment_no)")
    connection.execute("create index on warehouse_keys (claim_id)")
    connection.execute(
        "create temp table subjects on commit drop as select * from (values ('01', 'resident_tax'),"
        " ('08', 'light_vehicle_tax'), ('20', 'nhi'), ('22', 'latter_stage'), ('21', 'ltci'), ('31', 'nursery'),"
        " ('41', 'welfare_refund')) as s (subject_code, source_code)"
    )
    for name in ("claim_keys", "warehouse_keys"):
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(name)))


def _stage_group(
    connection: db.Connection, spec: Spec, feeds: list[Map], position: int, run_id: str,
    parts: dict[str, sql.Composable],
) -> None:  # fmt: skip
    entity = _entity(spec)
    open_parts(connection, spec, run_id)
    connection.execute(
        """
        insert into migration.run_group (run_id, group_id, position, maps, source_totals)
        values (%s, %s, %s, %s::jsonb, %s::jsonb)
        """,
        [run_id, spec.group.id, position, json.dumps([each.as_dict() for each in feeds], ensure_ascii=False),
         json.dumps(_totals(connection, spec, entity, parts))],
    )  # fmt: skip
    decide(connection, spec, entity, feeds, parts)
    keep_decided(connection, spec, entity, run_id, parts)
    keep_warehouse(connection, spec, run_id, parts, is_decided=True)
    # A dropped table keeps its disk until the commit; emptied where it was made, it gives it back at once.
    connection.execute("truncate decided, source_rows")
    connection.execute("drop table decided, source_rows")


def _totals(
    connection: db.Connection, spec: Spec, entity: Entity, parts: dict[str, sql.Composable]
) -> dict[str, dict[str, int]]:
    """Rows and yen of the source, counted from its own tables before anything is decided."""
    counted = [entity, entities()["receipt"]] if spec.group.id == "chotei_shuno" else [entity]
    found = {}
    for each in counted:
        sums = [sql.SQL("coalesce(sum({}), 0)::bigint").format(sql.Identifier(name)) for name in each.yen]
        row = connection.execute(
            sql.SQL("select {} from {}").format(
                sql.SQL(", ").join([sql.SQL("count(*)"), *sums]),
                filled(each.counted, parts),
            )
        ).fetchone()
        assert row is not None
        found[each.name] = dict(zip(("rows", *each.yen), map(int, map(str, row)), strict=True))
    return found


def keep_warehouse(
    connection: db.Connection, spec: Spec, run_id: str, parts: dict[str, sql.Composable], *, is_decided: bool
) -> None:
    """Keep the independent recomputation (W) of the same snapshot, for every later reconciliation.

    Where the source's rows were decided before (`is_decided`), those that the maps left behind are marked.
    """
    recomputed = query(f"warehouse/{spec.group.id}", parts)
    described = connection.execute(sql.SQL("select * from ({}) as w limit 0").format(recomputed)).description or []
    present = {column.name for column in described}
    extra = ("source_code", "source_key", "source_claim_type", "expected_outstanding_yen", "expected_refund_yen")

    def listed(names: Sequence[str]) -> sql.Composed:
        return sql.SQL(", ").join(
            sql.SQL("{}" if name in present else "null").format(sql.Identifier(name)) for name in names
        )

    connection.execute(
        sql.SQL(
            "insert into {} (run_id, {extra}, is_set_aside, row_key, {columns})"
            " select {}, {}, {}, {}, {} from ({}) as w"
        ).format(
            part("warehouse", spec, run_id), sql.Literal(run_id), listed(extra),
            sql.SQL(_SET_ASIDE if is_decided else "false"), row_key(spec),
            listed([item.column for item in spec.group.items]), recomputed,
            extra=sql.SQL(", ").join(map(sql.Identifier, extra)), columns=columns_of(spec),
        )
    )  # fmt: skip
