"""What becomes of each source row (行の行き先): its items by the map, its key, and one disposition in the ledger."""

from psycopg import sql

from receivables import db
from receivables.migration.entities import Entity
from receivables.migration.feeds import exclusion_reason, expressions, rejection_reason
from receivables.migration.fragments import query
from receivables.migration.mapping import Map
from receivables.migration.spec import Spec
from receivables.migration.tables import columns_of, part, row_key

_DECIDED = """
    with mapped as (
        select s.source_code, s.source_key, {excluded} as excluded_reason, {expressions}
        from source_rows as s where s.source_code = any({sources}) or not {is_levied}
    ), keyed as (
        select mapped.*, {row_key} as row_key from mapped
    )
    select m.*, case when m.excluded_reason is null then {rejected} end as rejected_reason
    from keyed as m
    inner join source_rows as s on m.source_code = s.source_code and m.source_key = s.source_key
"""


def decide(
    connection: db.Connection, spec: Spec, entity: Entity, feeds: list[Map], parts: dict[str, sql.Composable]
) -> None:
    """Make the temporary table `decided`: every source row with its items, its key and why it is not staged, if so."""
    connection.execute(
        sql.SQL(
            "create temp table source_rows on commit drop as select s.*, {} as snapshot_date from ({}) as s"
        ).format(parts["snapshot"], query(f"source/{entity.name}", parts))
    )
    connection.execute("create index on source_rows (source_code, source_key)")
    connection.execute("analyze source_rows")
    for at, chosen in enumerate(feeds):
        _lay_out_codes(connection, chosen)
        made = sql.SQL(_DECIDED).format(
            excluded=exclusion_reason(chosen.exclusions),
            expressions=expressions(spec, chosen),
            sources=sql.SQL("{}::text[]").format(sql.Literal(list(chosen.sources))),
            is_levied=sql.Literal(entity.is_levied),
            row_key=row_key(spec),
            rejected=rejection_reason(spec, chosen),
        )
        into = "create temp table decided on commit drop as " if at == 0 else "insert into decided "
        connection.execute(sql.SQL(into) + made)
    _refuse_shared_keys(connection)


def _lay_out_codes(connection: db.Connection, chosen: Map) -> None:
    connection.execute("drop table if exists code_rows")
    connection.execute(
        "create temp table code_rows (code_set text, source_code text, target_code text, valid_from date,"
        " valid_to date) on commit drop"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into code_rows values (%s, %s, %s, %s, %s)",
            [
                (name, code.source_code, code.target_code, code.valid_from, code.valid_to)
                for name, codes in chosen.codes.items()
                for code in codes
            ],
        )


def _refuse_shared_keys(connection: db.Connection) -> None:
    """C-050: two source rows, of one system or of two, may never become one key."""
    connection.execute("create index on decided (row_key)")
    connection.execute("analyze decided")
    connection.execute(
        """
        update decided set rejected_reason = 'DUPLICATE_KEY'
        where excluded_reason is null and rejected_reason is null and row_key in (
            select row_key from decided where excluded_reason is null group by row_key having count(*) > 1
        )
        """
    )


def keep_decided(
    connection: db.Connection, spec: Spec, entity: Entity, run_id: str, parts: dict[str, sql.Composable]
) -> None:
    """Keep the staged rows, and every source row with what became of it and its yen."""
    done = connection.execute(
        sql.SQL(
            "insert into {} (run_id, source_code, source_key, row_key, {columns})"
            " select {}, source_code, source_key, row_key, {columns}"
            " from decided where excluded_reason is null and rejected_reason is null"
        ).format(part("stage", spec, run_id), sql.Literal(run_id), columns=columns_of(spec))
    )
    connection.execute(
        "update migration.run_group set staged_rows = %s where run_id = %s and group_id = %s",
        [done.rowcount, run_id, spec.group.id],
    )
    connection.execute(
        sql.SQL(
            """
            insert into migration.row_ledger (run_id, group_id, entity, source_code, source_key, disposition,
                reason_code, target_key, amounts)
            select {}, {}, {}, d.source_code, d.source_key,
                case when d.excluded_reason is not null then 'excluded' when d.rejected_reason is not null
                    then 'rejected' else 'staged' end,
                coalesce(d.excluded_reason, d.rejected_reason),
                case when coalesce(d.excluded_reason, d.rejected_reason) is null then d.row_key end,
                {}
            from decided as d
            inner join source_rows as s on d.source_code = s.source_code and d.source_key = s.source_key
            """
        ).format(sql.Literal(run_id), sql.Literal(spec.group.id), sql.Literal(entity.name), _amounts(entity))
    )
    if spec.group.id == "chotei_shuno":
        _keep_merged(connection, spec, run_id, parts)


def _amounts(entity: Entity) -> sql.Composable:
    if not entity.yen:
        return sql.SQL("'{}'::jsonb")
    pairs = [sql.SQL("{}, s.{}").format(sql.Literal(name), sql.Identifier(f"of_{name}")) for name in entity.yen]
    return sql.SQL("jsonb_build_object({})").format(sql.SQL(", ").join(pairs))


def _keep_merged(connection: db.Connection, spec: Spec, run_id: str, parts: dict[str, sql.Composable]) -> None:
    """A receipt is no row of 調定収納情報: it is merged into its claim's row, or says why not."""
    connection.execute(
        sql.SQL(
            """
            insert into migration.row_ledger (run_id, group_id, entity, source_code, source_key, disposition,
                reason_code, target_key, amounts)
            select {}, {}, 'receipt', r.source_code, r.source_receipt_key,
                case when d.source_key is null or d.excluded_reason is not null then 'excluded'
                    when d.rejected_reason is not null then 'rejected' else 'merged' end,
                case when d.source_key is null then 'ORPHAN_RECEIPT' when d.excluded_reason is not null
                    then 'CLAIM_EXCLUDED' when d.rejected_reason is not null then 'CLAIM_REJECTED' end,
                case when coalesce(d.excluded_reason, d.rejected_reason) is null then d.row_key end,
                jsonb_build_object('principal_yen', r.principal_yen, 'delinquency_charge_yen',
                    r.delinquency_charge_yen, 'dunning_fee_yen', r.dunning_fee_yen)
            from {} as r
            left join decided as d on r.source_code = d.source_code and r.source_claim_key = d.source_key
            """
        ).format(sql.Literal(run_id), sql.Literal(spec.group.id), parts["receipts"])
    )
