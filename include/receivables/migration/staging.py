"""Staging (段階化): every source row becomes a row of the group, or a line in the ledger that says why not.

Source, staged rows, ledger and the independent recomputation come from one snapshot of the warehouse.
"""

import json
from datetime import date
from pathlib import Path

from psycopg import sql

from receivables import db
from receivables.errors import InputRejectedError
from receivables.migration.feeds import exclusion_reason, expressions, rejection_reason
from receivables.migration.mapping import Map
from receivables.migration.runs import revision
from receivables.migration.spec import Spec
from receivables.migration.tables import ROLE, columns_of, prepare_tables, row_key, table
from receivables.settings import State

_SQL = Path(__file__).with_name("sql")
_SOURCES = (
    "staging.stg_nhi__claims, staging.stg_nhi__claim_components, staging.stg_nhi__receipts,"
    " intermediate.int_claims__unioned, intermediate.int_claims__balances, intermediate.int_receipts__allocated"
)
_TOTALS = """
    select jsonb_build_object(
        'claim', (select jsonb_build_object('rows', count(*), 'assessed_yen', coalesce(sum(assessed_yen), 0),
            'written_off_yen', coalesce(sum(written_off_yen), 0)) from staging.stg_nhi__claims),
        'receipt', (select jsonb_build_object('rows', count(*), 'principal_yen', coalesce(sum(principal_yen), 0),
            'delinquency_charge_yen', coalesce(sum(delinquency_charge_yen), 0),
            'dunning_fee_yen', coalesce(sum(dunning_fee_yen), 0)) from staging.stg_nhi__receipts))
"""


def stage(spec: Spec, chosen: Map, *, snapshot: date, state: State) -> str:
    """Stage the group as of `snapshot`; returns the new run_id.

    Raises InputRejectedError when the published warehouse stands at another day or holds no such claim.
    """
    prepare_tables(spec, state=state)
    with db.connect(state, ROLE, doing=f"stage {spec.group.id}") as connection:
        connection.execute("set transaction isolation level repeatable read")
        # Locked before the snapshot is taken: nobody rebuilds these tables under our reading.
        connection.execute(sql.SQL("lock table " + _SOURCES + " in access share mode"))
        batch = _published(connection, snapshot)
        run_id = _open_run(connection, spec, chosen, snapshot, batch)
        _read_source(connection, chosen, snapshot)
        _decide(connection, spec, chosen)
        _keep_staged(connection, spec, run_id)
        _keep_claims(connection, spec, chosen, run_id)
        _keep_receipts(connection, spec, chosen, run_id)
        _keep_warehouse(connection, spec, chosen, run_id)
    return run_id


def _published(connection: db.Connection, snapshot: date) -> str:
    found = connection.execute("select published_batch, as_of from ops.published_batch where is_current").fetchone()
    if found is None:
        raise InputRejectedError("nothing is published yet: run `receivables night` for the snapshot's day first")
    if found[1] != snapshot:
        raise InputRejectedError(
            f"--snapshot {snapshot}: the published warehouse stands at {found[1]}; "
            "take that day, or run `receivables night` for the snapshot's day first"
        )
    return str(found[0])


def _open_run(connection: db.Connection, spec: Spec, chosen: Map, snapshot: date, batch: str) -> str:
    number = connection.execute("select nextval('migration.run_number')").fetchone()
    assert number is not None
    run_id = f"m{snapshot:%Y%m%d}-{number[0]:04}"
    totals = connection.execute(_TOTALS).fetchone()
    assert totals is not None
    if totals[0]["claim"]["rows"] == 0:  # type: ignore[index]
        raise InputRejectedError(
            f"the warehouse holds no claim of {chosen.source} at {snapshot}: ingest the source first"
        )
    connection.execute(
        """
        insert into migration.run (run_id, group_id, edition, profile, snapshot_date, published_batch, revision,
            spec_sha256, map_sha256, profile_sha256, map, source_totals)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb)
        """,
        [run_id, spec.group.id, spec.edition, spec.profile_name, snapshot, batch, revision(), spec.spec_sha256,
         chosen.sha256, spec.profile_sha256, chosen.as_json(), json.dumps(totals[0])],
    )  # fmt: skip
    return run_id


def _read_source(connection: db.Connection, chosen: Map, snapshot: date) -> None:
    query = sql.SQL((_SQL / f"source_{chosen.source}.sql").read_text(encoding="utf-8"))
    connection.execute(
        sql.SQL("create temp table source_rows on commit drop as select s.*, {}::date as snapshot_date from ({}) as s")
        .format(sql.Literal(snapshot), query)
    )  # fmt: skip
    connection.execute(
        "create temp table code_rows (code_set text, source_code text, target_code text, valid_from date,"
        " valid_to date) on commit drop"
    )
    for name, codes in chosen.codes.items():
        for code in codes:
            connection.execute(
                "insert into code_rows values (%s, %s, %s, %s, %s)",
                [name, code.source_code, code.target_code, code.valid_from, code.valid_to],
            )


def _decide(connection: db.Connection, spec: Spec, chosen: Map) -> None:
    """Give every source row its items, its key and the one thing that becomes of it."""
    connection.execute(
        sql.SQL(
            """
            create temp table decided on commit drop as
            with mapped as (
                select s.source_key, {excluded} as excluded_reason, {expressions} from source_rows as s
            ), keyed as (
                select mapped.*, {row_key} as row_key from mapped
            ), counted as (
                select keyed.*, count(*) filter (where excluded_reason is null) over (partition by row_key) as key_count
                from keyed
            )
            select m.*, case when m.excluded_reason is null then {rejected} end as rejected_reason
            from counted as m inner join source_rows as s on m.source_key = s.source_key
            """
        ).format(
            excluded=exclusion_reason(chosen.exclusions),
            expressions=expressions(spec, chosen),
            row_key=row_key(spec),
            rejected=rejection_reason(spec, chosen),
        )
    )


def _keep_staged(connection: db.Connection, spec: Spec, run_id: str) -> None:
    connection.execute(
        sql.SQL(
            "insert into {} (run_id, source_key, row_key, {columns}) select {}, source_key, row_key, {columns}"
            " from decided where excluded_reason is null and rejected_reason is null"
        ).format(table("stage", spec), sql.Literal(run_id), columns=columns_of(spec))
    )


def _keep_claims(connection: db.Connection, spec: Spec, chosen: Map, run_id: str) -> None:
    connection.execute(
        """
        insert into migration.row_ledger (run_id, source_code, entity, source_key, disposition, reason_code, group_id,
            target_key, amounts)
        select %s, %s, 'claim', d.source_key,
            case when d.excluded_reason is not null then 'excluded' when d.rejected_reason is not null then 'rejected'
                else 'staged' end,
            coalesce(d.excluded_reason, d.rejected_reason), %s,
            case when coalesce(d.excluded_reason, d.rejected_reason) is null then d.row_key end,
            jsonb_build_object('assessed_yen', s.ledger_assessed_yen, 'written_off_yen', s.ledger_written_off_yen)
        from decided as d inner join source_rows as s on d.source_key = s.source_key
        """,
        [run_id, chosen.source, spec.group.id],
    )


def _keep_receipts(connection: db.Connection, spec: Spec, chosen: Map, run_id: str) -> None:
    """A receipt is no row of this group: it is merged into its claim's row, or says why not."""
    connection.execute(
        """
        insert into migration.row_ledger (run_id, source_code, entity, source_key, disposition, reason_code, group_id,
            target_key, amounts)
        select %s, %s, 'receipt', r.source_receipt_key,
            case when d.source_key is null or d.excluded_reason is not null then 'excluded'
                when d.rejected_reason is not null then 'rejected' else 'merged' end,
            case when d.source_key is null then 'ORPHAN_RECEIPT' when d.excluded_reason is not null
                then 'CLAIM_EXCLUDED' when d.rejected_reason is not null then 'CLAIM_REJECTED' end,
            %s,
            case when coalesce(d.excluded_reason, d.rejected_reason) is null then d.row_key end,
            jsonb_build_object('principal_yen', r.principal_yen, 'delinquency_charge_yen', r.delinquency_charge_yen,
                'dunning_fee_yen', r.dunning_fee_yen)
        from staging.stg_nhi__receipts as r
        left join decided as d on r.source_claim_key = d.source_key
        """,
        [run_id, chosen.source, spec.group.id],
    )


def _keep_warehouse(connection: db.Connection, spec: Spec, chosen: Map, run_id: str) -> None:
    """Keep the independent recomputation (W) of the same snapshot, for every later reconciliation."""
    text = (_SQL / f"warehouse_{spec.group.id}_{chosen.source}.sql").read_text(encoding="utf-8")
    query = sql.SQL(text)
    connection.execute(sql.SQL("create temp table recomputed on commit drop as {}").format(query))
    described = connection.execute("select * from recomputed limit 0").description or []
    present = {column.name for column in described}
    extra = sql.SQL("source_key, source_claim_type, expected_outstanding_yen, expected_refund_yen")
    typed = sql.SQL(", ").join(
        sql.SQL("{}" if item.column in present else "null").format(sql.Identifier(item.column))
        for item in spec.group.items
    )
    connection.execute(
        sql.SQL(
            "insert into {} (run_id, {extra}, row_key, {columns}) select {}, {extra}, {}, {} from recomputed"
        ).format(
            table("warehouse", spec), sql.Literal(run_id), row_key(spec), typed, extra=extra, columns=columns_of(spec)
        )
    )
