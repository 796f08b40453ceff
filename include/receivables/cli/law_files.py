"""JSON files that the law commands read: payments, events, reliefs (入力ファイル)."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from receivables.errors import InputRejectedError
from receivables.law.charging import Payment
from receivables.law.clock import Event
from receivables.law.reliefs import Relief

_DATES = ("issued_on", "arrived_on", "designated_deadline", "returned_on", "until")
_WORDS = ("channel", "ground", "reference", "outcome")
_FLAGS = ("is_immediate", "is_written")


def payments_in(file: Path | None) -> list[Payment]:
    """Part payments: a JSON list of {"paid_on", "amount_yen"}."""
    return [
        Payment(_date(file, number, one, "paid_on"), _yen(file, number, one))
        for number, one in enumerate(_list(file), start=1)
    ]


def reliefs_in(file: Path | None) -> list[Relief]:
    """Days spared: a JSON list of {"kind", "from", "to"}; kind is exempt or deferral."""
    found = []
    for number, one in enumerate(_list(file), start=1):
        if one.get("kind") not in ("exempt", "deferral"):
            raise InputRejectedError(f"{file}, entry {number}: kind is exempt or deferral")
        found.append(Relief(one["kind"], _date(file, number, one, "from"), _date(file, number, one, "to"), "--reliefs"))
    return found


def events_in(file: Path | None) -> list[Event]:
    """Events: a JSON list of {"type", "date", …} with the facts that the type needs."""
    return [_event(file, number, one) for number, one in enumerate(_list(file), start=1)]


def _event(file: Path | None, number: int, one: dict[str, Any]) -> Event:
    if "type" not in one:
        raise InputRejectedError(f"{file}, event {number}: no type; write one such as dunned or acknowledged")
    on = _date(file, number, one, next((key for key in ("date", "issued_on") if key in one), "date"))
    given: dict[str, Any] = {key: _date(file, number, one, key) for key in _DATES if one.get(key)}
    given |= {key: str(one[key]) for key in _WORDS if one.get(key) is not None}
    for key in _FLAGS:
        if not isinstance(one.get(key), bool | None):
            raise InputRejectedError(f"{file}, entry {number}: {key} is true or false")
        given |= {} if one.get(key) is None else {key: one[key]}
    if one.get("scope") is not None:
        if not isinstance(one["scope"], list):
            raise InputRejectedError(f"{file}, entry {number}: scope is a list of claim ids")
        given["scope"] = tuple(str(each) for each in one["scope"])
    return Event(str(one["type"]), on, **given)


def _list(file: Path | None) -> list[dict[str, Any]]:
    if file is None:
        return []
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputRejectedError(f"{file} is not a readable JSON file; write a JSON list of objects") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InputRejectedError(f"{file} is not a JSON list of objects")
    return found


def _date(file: Path | None, number: int, one: dict[str, Any], key: str) -> date:
    try:
        return date.fromisoformat(one[key])
    except (KeyError, TypeError, ValueError):
        raise InputRejectedError(f"{file}, entry {number}: {key} is missing or not a date YYYY-MM-DD") from None


def _yen(file: Path | None, number: int, one: dict[str, Any]) -> int:
    amount = one.get("amount_yen")
    if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0:
        raise InputRejectedError(f"{file}, entry {number}: amount_yen is not a whole number of yen")
    return amount
