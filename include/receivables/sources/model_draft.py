"""The draft of the four staging models of a ledger with one row per instalment (ステージングの下書き)."""

import re
from pathlib import Path
from string import Template

from receivables.sources.contract_draft import measures
from receivables.sources.guessing import Guess
from receivables.sources.requests import Request

_TEMPLATES = Path(__file__).parent / "templates"
_KINDS = ("claims", "receipts", "events", "totals")
# What stands in a model for a column that the file does not have.
_OTHERWISE = {
    "addressee_no": "null::text", "due_date": "null::date", "assessed_yen": "0::bigint", "written_off_on": "null::date",
    "contract_date": "null::date", "accounting_year": "null::integer", "received_yen": "0::bigint",
    "channel_code": "null::text", "dunned_on": "null::date", "dunning_arrived_on": "null::date",
    "dunning_deadline": "null::date",
}  # fmt: skip
_SAME = re.compile(r"\b(\w+) as \1\b")  # a column that is called as it is called
_FISCAL_YEAR = "{{ fiscal_year('due_date') }}"


def models(request: Request, found: list[Guess], key: tuple[str, ...]) -> dict[str, str]:
    """File name → text of the staging models and their YAML."""
    values = request.values | _columns(found, key)
    files = {f"stg_{request.source}__{kind}.sql": f"{kind}.sql" for kind in _KINDS}
    files[f"stg_{request.source}.yml"] = "models.yml"
    return {
        name: _SAME.sub(r"\1", Template((_TEMPLATES / template).read_text(encoding="utf-8")).substitute(values))
        for name, template in files.items()
    }


def _columns(found: list[Guess], key: tuple[str, ...]) -> dict[str, str]:
    names = {one.name for one in found if not one.is_pii}
    has = names.__contains__
    paid_on = next(filter(has, ("paid_on", "received_on")), "null::date")
    fiscal_year = _FISCAL_YEAR if has("due_date") else "null::integer"
    table_of = {"received_yen": "receipts"}
    values = [f"('{name}', {table_of.get(name, 'claims')}.{name})" for name in measures(found)]
    return {
        **{name: name if has(name) else otherwise for name, otherwise in _OTHERWISE.items()},
        "key": f"concat_ws('-', {', '.join(f'{name}::text' for name in key)})",
        "levy_year": "levy_year" if has("levy_year") else fiscal_year,
        "fiscal_year": fiscal_year if has("due_date") or not has("levy_year") else "levy_year",
        "notice_no": "notice_no" if has("notice_no") else f"{key[0]}::text",
        "instalment_no": "instalment_no::integer" if has("instalment_no") else "1",
        "written_off_yen": "coalesce(written_off_yen, 0)" if has("written_off_yen") else "0::bigint",
        "paid_on": paid_on,
        "received_on": "received_on" if has("received_on") else paid_on,
        "is_paid": "received_yen <> 0" if has("received_yen") else "false -- the file shows no payments",
        "year": "claims.levy_year" if has("levy_year") else "claims.fiscal_year",
        "measures": ",\n        ".join(values) or "('rows', 0)",
    }
