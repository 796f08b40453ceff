"""What the placeholders of our SQL files stand for: the sources' tables one under the other, the snapshot's day."""

from collections.abc import Sequence
from pathlib import Path

from psycopg import sql

_FILES = Path(__file__).with_name("sql")

_CLAIMS = sql.SQL(
    "select source_code, source_claim_key, claim_type, source_debtor_key, levy_year, fiscal_year,"
    " notice_no::text as notice_no, instalment_no::integer as instalment_no, due_date, assessed_yen, written_off_yen,"
    " written_off_on, batch_id, line_no from {table}"
)
_RECEIPTS = sql.SQL(
    "select source_code, source_receipt_key, source_claim_key, paid_on, received_on, accounting_year, principal_yen,"
    " delinquency_charge_yen, dunning_fee_yen, received_yen, channel_code, is_provisional from {table}"
)
_LETTERS = sql.SQL(
    "select source_code, source_event_key, source_claim_key, issued_on from {table}"
    " where event_type in ('dunned', 'dunning_returned')"
)
_PARTS = sql.SQL("select {source} as source_code, source_claim_key, component_code, assessed_yen from {table}")
_CHILD_OF_ROW = sql.SQL(
    "select {source} as source_code, _batch_id as batch_id, _line_no as line_no, child_no, null as vehicle_no,"
    " null as write_off_code, null::integer as tax_year from {table}"
)
_CAUSE_OF_ROW = sql.SQL(
    "select {source} as source_code, _batch_id as batch_id, _line_no as line_no, null as child_no, {vehicle} as"
    " vehicle_no, write_off_cause_code as write_off_code, tax_year from {table}"
)
_CHILD_OF_CLAIM = sql.SQL(
    "select distinct {source} as source_code, concat_ws('-', notice_no, lpad(instalment_no::text, 2, '0')) as"
    " source_claim_key, child_no from {table} where _known_to is null"
)
_CAUSE_OF_CLAIM = sql.SQL(
    "select distinct {source} as source_code, concat_ws('-', levy_year, tax_year, notice_no,"
    " lpad(instalment_no, 2, '0')) as source_claim_key, write_off_cause_code as write_off_code from {table}"
    " where _known_to is null"
)
# What stands where no source of the run has such rows.
_NO_PARTS = sql.SQL(
    "select null::text as source_code, null::text as source_claim_key, null::text as component_code,"
    " null::bigint as assessed_yen where false"
)
_NO_EXTRAS = sql.SQL(
    "select null::text as source_code, null::text as batch_id, null::bigint as line_no, null::text as child_no,"
    " null::text as vehicle_no, null::text as write_off_code, null::integer as tax_year where false"
)
_NO_CHILDREN = sql.SQL(
    "select null::text as source_code, null::text as source_claim_key, null::text as child_no where false"
)
_NO_CAUSES = sql.SQL(
    "select null::text as source_code, null::text as source_claim_key, null::text as write_off_code where false"
)

# 滞納整理の行: what every group of the arrears system shares; a file names its table `acts`.
_KNOWN = sql.SQL("_known_from <= {snapshot} and (_known_to is null or _known_to > {snapshot})")
_ACT_CLAIM = sql.SQL("acts.subject_code, acts.levy_year, acts.tax_year, acts.notice_no, acts.instalment_no")
_ACT_COLUMNS = sql.SQL(
    "'arrears' as source_code, claims.claim_type, claims.levy_year, claims.fiscal_year, claims.notice_no,"
    " claims.instalment_no, claims.child_no, acts.addressee_no,"
    " case when subjects.source_code is null or subjects.source_code <> all({sources}) then 'OTHER_SYSTEM'"
    " when claims.source_claim_key is null then 'ORPHAN' end as left_behind, null::text as broken"
)
_ACT_JOINS = sql.SQL(
    "left join subjects on acts.subject_code = subjects.subject_code"
    " left join claim_keys as claims on subjects.source_code = claims.source_code"
    " and acts.notice_no = claims.slip_notice_no and acts.instalment_no::integer = claims.instalment_no"
)

_COMPONENTS = ("nhi",)  # 内訳のある業務
_CHILDREN = {"nursery": "nursery__claims", "after_school": "after_school__instalments"}  # 児童ごとに賦課する業務
_CAUSES = ("resident_tax", "light_vehicle_tax", "ltci")  # 不納欠損事由を持つ業務
_VEHICLES = ("light_vehicle_tax",)


def fragments(sources: Sequence[str], snapshot: sql.Literal) -> dict[str, sql.Composable]:
    """The placeholders of every SQL file for a run of these sources on this day."""
    children = {name: table for name, table in _CHILDREN.items() if name in sources}
    causes = {name: f"{name}__claims" for name in _CAUSES if name in sources}
    day = sql.SQL("{}::date").format(snapshot)
    names = sql.SQL("{}::text[]").format(sql.Literal(list(sources)))
    return {
        "snapshot": day,
        "sources": names,
        "known": _KNOWN.format(snapshot=day),
        "act_claim": _ACT_CLAIM,
        "act_columns": _ACT_COLUMNS.format(sources=names),
        "act_joins": _ACT_JOINS,
        "claims": _stacked(_CLAIMS, {name: f"stg_{name}__claims" for name in sources}, "staging"),
        "receipts": _stacked(_RECEIPTS, {name: f"stg_{name}__receipts" for name in sources}, "staging"),
        "letters": _stacked(_LETTERS, {name: f"stg_{name}__events" for name in sources}, "staging"),
        "parts": _stacked(
            _PARTS, {name: f"stg_{name}__claim_components" for name in _COMPONENTS if name in sources}, "staging",
            empty=_NO_PARTS,
        ),
        "extras": _under(_NO_EXTRAS, _each(_CHILD_OF_ROW, children, "raw"), _each(_CAUSE_OF_ROW, causes, "raw")),
        "children": _stacked(_CHILD_OF_CLAIM, children, "raw", empty=_NO_CHILDREN),
        "causes": _stacked(_CAUSE_OF_CLAIM, causes, "raw", empty=_NO_CAUSES),
    }  # fmt: skip


def query(name: str, parts: dict[str, sql.Composable]) -> sql.Composed:
    """Our SQL file `name` with its placeholders filled."""
    return sql.SQL((_FILES / f"{name}.sql").read_text(encoding="utf-8")).format(**parts)


def filled(text: str, parts: dict[str, sql.Composable]) -> sql.Composed:
    """A piece of our own SQL with its placeholders filled."""
    return sql.SQL(text).format(**parts)


def _stacked(
    form: sql.SQL, tables: dict[str, str], schema: str, *, empty: sql.SQL | None = None
) -> sql.Composed:  # fmt: skip
    return _under(empty, _each(form, tables, schema))


def _each(form: sql.SQL, tables: dict[str, str], schema: str) -> list[sql.Composed]:
    return [
        form.format(
            source=sql.Literal(name), table=sql.Identifier(schema, table),
            vehicle=sql.SQL("vehicle_no" if name in _VEHICLES else "null"),
        )
        for name, table in tables.items()
    ]  # fmt: skip


def _under(empty: sql.SQL | None, *selects: list[sql.Composed]) -> sql.Composed:
    rows: list[sql.Composable] = [*([empty] if empty else []), *(each for some in selects for each in some)]
    return sql.SQL("({})").format(sql.SQL(" union all ").join(rows))
