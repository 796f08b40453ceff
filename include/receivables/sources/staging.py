"""Staging models, drafted (ステージングの下書き): the sample's columns in the one shape all departments share.

What no column tells is null, and said at the head of the model; dbt's tests then refuse it where it is needed.
"""

import re
from pathlib import Path
from string import Template

from receivables.sources.requests import Request
from receivables.sources.tables import Draft

_TEMPLATES = Path(__file__).with_name("templates")
_SAME_ALIAS = re.compile(r"^(\s+)(\w+) as \2(,?)$", re.MULTILINE)
_UNTOLD = re.compile(r"^\s+null::\w+ as (\w+),?$", re.MULTILINE)
_NEEDED = {
    "source_debtor_key",
    "source_claim_key",
    "due_date",
    "assessed_yen",
    "fiscal_year",
    "received_on",
    "principal_yen",
}
Slots = dict[str, str]


def staging_texts(request: Request, tables: list[Draft]) -> dict[str, str]:
    """File name → text of the four models and of their YAML."""
    of_kind = {table.kind: table for table in tables}
    claims = of_kind["claims"]
    source = request.source
    slots = (
        request.values
        | {"claims_table": claims.name}
        | _claims(claims)
        | _receipts(claims, of_kind.get("receipts"))
        | _events(claims, of_kind.get("dunnings"))
    )
    texts = {f"stg_{source}__{kind}.sql": _model(f"{kind}.sql", slots) for kind in ("claims", "receipts", "events")}
    texts[f"stg_{source}__totals.sql"] = _totals(source, request.title, tables)
    texts[f"stg_{source}.yml"] = Template((_TEMPLATES / "models.yml").read_text(encoding="utf-8")).substitute(slots)
    return texts


def _model(template: str, slots: Slots) -> str:
    text = Template((_TEMPLATES / template).read_text(encoding="utf-8")).substitute(slots)
    text = _SAME_ALIAS.sub(r"\1\2\3", text).rstrip() + "\n"
    untold = [name for name in _UNTOLD.findall(text) if name in _NEEDED]
    return "".join(f"-- 要確認: {name} が見本にない\n" for name in untold) + text


def _claims(table: Draft) -> Slots:
    tell = _Teller(table)
    year = (
        tell.one("levy_year", "tax_year")
        or (tell.one("due_date") and "{{ fiscal_year('due_date') }}")
        or "null::integer"
    )
    return {
        "claim_key": _joined(table.key),
        "debtor": tell("text", "addressee_no"),
        "levy_year": tell.one("levy_year", "tax_year") or year,
        "fiscal_year": table.fiscal_year if table.fiscal_year and table.fiscal_year != "due_date" else year,
        "notice": tell("text", "notice_no", "loan_no"),
        "instalment": tell.cast("integer", "instalment_no") or "1",
        "due_date": tell("date", "due_date"),
        "assessed": table.yen or "null::bigint",
        "written_off": tell.one("written_off_yen") or "0::bigint",
        "written_off_on": tell("date", "written_off_on"),
        "contract_date": tell("date", "contract_date"),
    }


def _receipts(claims: Draft, receipts: Draft | None) -> Slots:
    table = receipts or claims
    tell = _Teller(table)
    total = table.yen if receipts else tell.one("received_yen")
    parts = [name for name in ("principal_yen", "delinquency_charge_yen", "dunning_fee_yen") if table.has(name)]
    principal = tell.one("principal_yen") or total or "null::bigint"
    total = " + ".join(parts) if "principal_yen" in parts else total
    beside = "where received_yen <> 0" if claims.shows_payments else "where false -- 要確認: 収納の届け方"
    return {
        "receipts_table": table.name,
        "receipt_key": _joined(table.key),
        "receipt_claim_key": _claim_key(claims, table),
        "paid_on": tell("date", "paid_on", "received_on"),
        "received_on": tell("date", "received_on", "paid_on"),
        "accounting_year": tell("integer", "accounting_year"),
        "principal": principal,
        "charge": tell.one("delinquency_charge_yen") or "0::bigint",
        "fee": tell.one("dunning_fee_yen") or "0::bigint",
        "received": total or "null::bigint",
        "channel": tell("text", "channel_code"),
        "provisional": "provisional_code = '1'" if table.has("provisional_code") else "false",
        "receipts_where": "" if receipts else beside,
    }


def _events(claims: Draft, dunnings: Draft | None) -> Slots:
    table = dunnings or claims
    tell = _Teller(table)
    issued = tell.one("issued_on", "dunned_on")
    returned = tell.one("returned_on")
    return {
        "events_table": table.name,
        "event_key": _joined(table.key),
        "event_claim_key": _claim_key(claims, table),
        "event_type": f"case when {returned} is null then 'dunned' else 'dunning_returned' end"
        if returned
        else "'dunned'",
        "issued_on": issued or "null::date",
        "arrived_on": tell("date", "dunning_arrived_on"),
        "deadline": tell("date", "dunning_deadline"),
        "events_where": f"where {issued} is not null" if issued else "where false -- 要確認: 督促の届け方",
    }


class _Teller:
    """Finds the column that tells something, by our names for it."""

    def __init__(self, table: Draft) -> None:
        self._table = table

    def one(self, *names: str) -> str | None:
        return next((name for name in names if self._table.has(name)), None)

    def cast(self, kind: str, *names: str) -> str | None:
        found = self.one(*names)
        return f"{found}::{kind}" if found else None

    def __call__(self, kind: str, *names: str) -> str:
        return self.one(*names) or f"null::{kind}"


def _joined(key: list[str]) -> str:
    return f"concat_ws('-', {', '.join(key)})"


def _claim_key(claims: Draft, table: Draft) -> str:
    return _joined(claims.key) if table.has(*claims.key) else "null::text"


def _totals(source: str, title: str, tables: list[Draft]) -> str:
    cells: list[str] = []
    for table in tables:
        for measure in [each for each in (table.yen, *table.also_yen) if each] or ["rows"]:
            cells.append(_cell(source, table, measure))
    head = f"-- {title}の突合値: rows and yen of each file as staging knows them, by the loader's measure and year.\n\n"
    return head + "\nunion all\n\n".join(cells)


def _cell(source: str, table: Draft, measure: str) -> str:
    relation = f"{{{{ ref('stg_{source}__{'events' if table.kind == 'dunnings' else table.kind}') }}}}"
    year = {"claims": "fiscal_year", "receipts": "accounting_year", "dunnings": "0"}[table.kind]
    year = year if table.fiscal_year else "0"
    end = f"group by {year}" if table.fiscal_year else "having count(*) > 0"
    yen = f"coalesce(sum({measure}), 0)"
    if measure == "rows":
        yen = "0"
    elif table.kind == "claims" and measure != table.yen:  # payments that stand beside the claims
        year = f"claims.{year}" if table.fiscal_year else year
        end = f"group by {year}" if table.fiscal_year else end
        yen = f"coalesce(sum(receipts.{measure}), 0)"
        relation += (
            f" as claims\nleft join {{{{ ref('stg_{source}__receipts') }}}} as receipts\n"
            "    on claims.source_claim_key = receipts.source_claim_key"
        )
    elif measure == table.yen:
        yen = f"coalesce(sum({'assessed_yen' if table.kind == 'claims' else _kept_as(measure)}), 0)"
    told = year if year.endswith("fiscal_year") else f"{year} as fiscal_year"
    lines = [f"'{table.name}' as table_name", f"'{measure}' as measure", told, "count(*) as rows"]
    text = "select\n" + ",\n".join(f"    {line}" for line in [*lines, f"{yen} as yen"]) + f"\nfrom {relation}\n{end}\n"
    return _SAME_ALIAS.sub(r"\1\2\3", text)


def _kept_as(measure: str) -> str:
    known = ("received_yen", "principal_yen")
    return measure if measure in known else known[0]
