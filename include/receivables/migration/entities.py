"""What a group is staged from (移行元の実体): the kinds of source row, their columns, and how they are counted."""

from dataclasses import dataclass, field
from pathlib import Path

from psycopg import sql

SQL = Path(__file__).with_name("sql")

_KEY = {
    "claim_type": "text", "levy_year": "year", "fiscal_year": "year", "notice_no": "text", "instalment_no": "int",
    "addressee_no": "text", "child_no": "text",
}  # fmt: skip
_PERSON = {"addressee_no": "text"}
_CLAIM_COLUMNS = (
    "source_code, source_claim_key, claim_type, source_debtor_key, levy_year, fiscal_year, notice_no::text as notice_no,"
    " instalment_no::integer as instalment_no, due_date, assessed_yen, written_off_yen, written_off_on, batch_id, line_no"
)
_RECEIPT_COLUMNS = (
    "source_code, source_receipt_key, source_claim_key, paid_on, received_on, accounting_year, principal_yen,"
    " delinquency_charge_yen, dunning_fee_yen, received_yen, channel_code, is_provisional"
)
_COMPONENTS = ("nhi",)  # 内訳のある業務
_CHILDREN = {"nursery": "nursery__claims", "after_school": "after_school__instalments"}
_VEHICLES = {"light_vehicle_tax": "light_vehicle_tax__claims"}
_CAUSES = ("resident_tax", "light_vehicle_tax", "ltci")  # 不納欠損事由を持つ業務


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of source row: its name, what a map may take from it, and how the source counts it."""

    name: str
    title: str
    columns: dict[str, str]  # column: kind
    counted: str  # the relation whose rows and yen must all end in the ledger
    yen: tuple[str, ...] = ()
    is_levied: bool = field(default=True)  # its source_code is a system that levies claims


def _known(table: str) -> str:
    return (
        f"(select * from raw.{table} where _known_from <= {{snapshot}}"
        " and (_known_to is null or _known_to > {snapshot})) as counted"
    )


def _acts(name: str, title: str, table: str, columns: dict[str, str], yen: tuple[str, ...] = ()) -> Entity:
    """Case work of the arrears system (滞納整理), which arrives in the standard's own groups."""
    return Entity(name, title, _KEY | columns, _known(table), yen, is_levied=False)


ENTITIES = {
    each.name: each
    for each in (
        Entity(
            "claim", "調定",
            _KEY | dict.fromkeys(("due_date", "written_off_on", "last_received_on", "last_paid_on"), "date")
            | dict.fromkeys(
                ("assessed_yen", "medical_yen", "support_yen", "care_yen", "written_off_yen", "received_principal_yen",
                 "provisional_principal_yen", "received_charge_yen", "provisional_charge_yen", "received_fee_yen",
                 "provisional_fee_yen", "received_total_yen"), "yen"
            ) | {"vehicle_no": "text", "write_off_code": "text"},
            "{claims} as counted", ("assessed_yen", "written_off_yen"),
        ),
        Entity(
            "receipt", "収納",
            _KEY | dict.fromkeys(("due_date", "paid_on", "received_on"), "date")
            | dict.fromkeys(("principal_yen", "delinquency_charge_yen", "dunning_fee_yen"), "yen")
            | {"receipt_no": "text", "accounting_year": "year", "provisional_code": "text", "channel_code": "text"},
            "{receipts} as counted", ("principal_yen", "delinquency_charge_yen", "dunning_fee_yen"),
        ),
        Entity(
            "dunning", "督促", _KEY | {"due_date": "date", "letter_seq": "int", "issued_on": "date"},
            "{letters} as counted",
        ),
        Entity(
            "write_off", "不納欠損",
            _KEY | {"due_date": "date", "written_off_on": "date", "write_off_code": "text", "written_off_yen": "yen"},
            "(select * from {claims} as c where written_off_yen <> 0) as counted", ("written_off_yen",),
        ),
        Entity(
            "delinquency", "滞納",
            _KEY | {"due_date": "date", "has_plan": "text", "has_measure": "text", "has_stay": "text", "has_write_off": "text"},
            "(select * from intermediate.int_claims__balances where source_code = any({sources}) and outstanding_yen > 0"
            " and due_date < {snapshot}) as counted", ("outstanding_yen",),
        ),
        Entity(
            "prescription", "時効",
            _KEY | {"due_date": "date", "two_years_on": "date", "five_years_on": "date", "stay_until": "date"},
            "(select a.claim_id from law.claim_assessments as a inner join intermediate.int_claims__unioned as c"
            " on a.claim_id = c.claim_id where a.as_of = {snapshot} and c.source_code = any({sources})) as counted",
        ),
        _acts(
            "plan_line", "分納", "arrears__plans",
            {"plan_no": "text", "line_no": "int", "due_on": "date", "planned_yen": "yen", "signed_on": "date"},
            ("planned_yen",),
        ),
        _acts(
            "deferral", "猶予", "arrears__deferrals",
            {"deferral_no": "text", "deferral_code": "text", "first_on": "date", "until_on": "date", "cancelled_on": "date"},
        ),
        _acts(
            "exemption", "延滞金減免", "arrears__charge_exemptions",
            {"exemption_no": "text", "first_on": "date", "until_on": "date", "exempted_yen": "yen", "extent_code": "text",
             "decided_on": "date"}, ("exempted_yen",),
        ),
        _acts(
            "seizure", "差押", "arrears__seizures",
            {"seizure_no": "text", "measure_code": "text", "issued_on": "date", "arrived_on": "date",
             "released_on": "date", "seized_yen": "yen"}, ("seized_yen",),
        ),
        _acts(
            "filing", "交付要求・参加差押", "arrears__claim_filings",
            {"filing_no": "text", "measure_code": "text", "case_no": "text", "filed_on": "date", "ended_on": "date"},
        ),
        _acts(
            "stay", "執行停止", "arrears__stays",
            {"stay_no": "text", "stayed_on": "date", "ground_code": "text", "cancelled_on": "date", "extinct_on": "date",
             "immediate_flag": "text"},
        ),
        _acts(
            "overpayment", "過誤納", "arrears__overpayments",
            {"overpayment_no": "int", "found_on": "date", "cause_code": "text", "overpaid_yen": "yen",
             "refunded_yen": "yen", "offset_yen": "yen", "noticed_on": "date", "refunded_on": "date"},
            ("overpaid_yen", "refunded_yen", "offset_yen"),
        ),
        _acts(
            "reminder", "催告", "arrears__reminders", {"issued_on": "date", "deadline": "date", "kind_code": "text"},
        ),
        Entity(
            "person", "宛名",
            _PERSON | {"person_kind": "text", "person_name": "text", "person_kana": "text", "birth_date": "date", "birth_unknown_flag": "text",
                       "birth_unknown_text": "text", "sex_code": "text", "postal_code": "text", "address": "text",
                       "address_detail": "text", "moved_on": "date", "move_code": "text", "protected_flag": "text"},
            "(select addressee_no from raw.register__persons where _known_from <= {snapshot} and (_known_to is null"
            " or _known_to > {snapshot}) union select addressee_no from claim_keys) as counted", is_levied=False,
        ),
        Entity("contact_point", "連絡先", _PERSON | {"phone": "text"}, _known("register__persons"), is_levied=False),
        Entity(
            "contact", "交渉経過",
            _PERSON | {"contact_seq": "int", "attempted_on": "date", "channel": "text", "outcome": "text",
                       "promised_on": "date", "promised_yen": "yen"},
            "(select *, coalesce(promised_yen, 0) as promised from intermediate.int_contacts__unioned) as counted",
            ("promised_yen",), is_levied=False,
        ),
    )
}  # fmt: skip


def fragments(sources: tuple[str, ...], snapshot: sql.Literal) -> dict[str, sql.Composable]:
    """What the placeholders of our SQL stand for: the tables of the sources, one under the other."""
    return {
        "snapshot": sql.SQL("{}::date").format(snapshot),
        "sources": sql.SQL("{}::text[]").format(sql.Literal(list(sources))),
        "claims": _stacked([f"select {_CLAIM_COLUMNS} from staging.stg_{each}__claims" for each in sources]),
        "receipts": _stacked([f"select {_RECEIPT_COLUMNS} from staging.stg_{each}__receipts" for each in sources]),
        "letters": _stacked(
            ["select source_code, source_event_key, source_claim_key, issued_on"
             f" from staging.stg_{each}__events where event_type = 'dunned'" for each in sources]
        ),
        "parts": _parts(sources),
        "extras": _extras(sources),
        "children": _children(sources),
        "causes": _causes(sources),
    }  # fmt: skip


def query(name: str, parts: dict[str, sql.Composable]) -> sql.Composed:
    """Our SQL file `name` with its placeholders filled."""
    return sql.SQL((SQL / f"{name}.sql").read_text(encoding="utf-8")).format(**parts)  # type: ignore[arg-type]


def _stacked(selects: list[str]) -> sql.Composable:
    return sql.SQL("(" + " union all ".join(selects) + ")")  # type: ignore[arg-type]


def _parts(sources: tuple[str, ...]) -> sql.Composable:
    empty = "select null::text as source_code, null::text as source_claim_key, null::text as component_code," \
            " null::bigint as assessed_yen where false"  # fmt: skip
    return _stacked([empty] + [
        f"select '{each}', source_claim_key, component_code, assessed_yen from staging.stg_{each}__claim_components"
        for each in _COMPONENTS if each in sources
    ])  # fmt: skip


def _extras(sources: tuple[str, ...]) -> sql.Composable:
    """Items of raw rows that the common shape of a claim has no column for."""
    empty = "select null::text as source_code, null::text as batch_id, null::bigint as line_no, null::text as child_no," \
            " null::text as vehicle_no, null::text as write_off_code where false"  # fmt: skip
    children = [
        f"select '{each}', _batch_id, _line_no, child_no, null, null from raw.{table}"
        for each, table in _CHILDREN.items() if each in sources
    ]  # fmt: skip
    causes = [
        f"select '{each}', _batch_id, _line_no, null, {'vehicle_no' if each in _VEHICLES else 'null'},"
        f" write_off_cause_code from raw.{each}__claims"
        for each in _CAUSES if each in sources
    ]  # fmt: skip
    return _stacked([empty, *children, *causes])


def _children(sources: tuple[str, ...]) -> sql.Composable:
    empty = "select null::text as source_code, null::text as source_claim_key, null::text as child_no where false"
    return _stacked([empty] + [
        f"select distinct '{each}', concat_ws('-', notice_no, lpad(instalment_no::text, 2, '0')), child_no from raw.{table}"
        " where _known_to is null"
        for each, table in _CHILDREN.items() if each in sources
    ])  # fmt: skip


def _causes(sources: tuple[str, ...]) -> sql.Composable:
    empty = "select null::text as source_code, null::text as source_claim_key, null::text as write_off_code where false"
    return _stacked([empty] + [
        f"select distinct '{each}', concat_ws('-', levy_year, tax_year, notice_no, lpad(instalment_no, 2, '0')),"
        f" write_off_cause_code from raw.{each}__claims where _known_to is null"
        for each in _CAUSES if each in sources
    ])  # fmt: skip
