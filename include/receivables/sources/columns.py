"""What each item of a sample is (項目の型と名前): judged by the nightly load's own parsers, value by value.

A type is right when the load would take nearly every value of the sample; the rest is told as a count.
Text that nobody can explain is taken for personal until somebody says that it is not.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from receivables.contracts import Column, Type
from receivables.ingest.fields import Parser, has_my_number, parser
from receivables.ingest.rejection import RowFaultError
from receivables.sources.glossary import Term, term
from receivables.sources.samples import Sample, SampleRejectedError

_RIGHT_PERMILLE = 950  # of the values that are there; real files hold spoilt rows
_EMPTY_PERMILLE = 10  # empty values a required column may have in a sample
_MOST_CODES = 20
_LONGEST_CODE = 8
_FEW = 100  # values among which a code may stand once; among more it is a slip
_CODE_ENDS = ("コード", "区分", "種別", "状態", "事由", "フラグ", "チャネル")
_AMOUNT_ENDS = ("額", "料", "金", "円", "（円）", "(円)")
_PHONE = re.compile(r"0\d{1,4}-?\d{1,4}-?\d{3,4}")
_OF_DATES: tuple[Type, ...] = ("date", "wareki", "partial_date")
_PLAIN: tuple[Type, ...] = ("year", "date", "wareki", "digits", "yen", "int")
Choice = tuple[Type, dict[str, Any]]


@dataclass
class Guess:
    """One column of the draft: its keys as the contract writes them, why, and what a person has to decide."""

    name: str
    heading: str
    type: Type
    keys: dict[str, Any]
    why: str
    doubts: list[str] = field(default_factory=list)
    pii: bool = False
    required: bool = True
    is_exact: bool = False  # the glossary knows the heading itself
    is_empty: bool = False  # the sample has no value of it


def guesses(sample: Sample) -> list[Guess]:
    """Every column of `sample`, in its order; no two have the same name."""
    found = [_guess(sample, at) for at in range(len(sample.heading))]
    times: Counter[str] = Counter()
    for guess in sorted(
        found, key=lambda each: (each.is_empty, not each.is_exact, "unit" in each.keys)
    ):  # the likeliest keeps the name
        times[guess.name] += 1
        if times[guess.name] > 1:
            guess.doubts.append(f"{guess.name} が二つある: 名前を分ける")
            guess.name = f"{guess.name}_{times[guess.name]}"
    return found


def _guess(sample: Sample, at: int) -> Guess:
    heading, values = sample.heading[at], sample.values(at)
    _refuse_my_numbers(values, f"{sample.file.name}, item {at + 1}")
    there = [value for value in values if value]
    known = term(heading)
    likely = [*_choices(known, heading, there)]
    counted = Counter(there)
    chosen = next((each for each in likely if _wrong(each, counted, known) is not None), ("text", {}))
    kind, keys = chosen
    guess = Guess(known.name if known else f"c{at + 1:02}", heading, kind, keys, _why(known, kind, there))
    guess.is_exact, guess.is_empty = bool(known and known.is_exact), not there
    guess.doubts += _doubts(known, guess, there)
    if wrong := _wrong(chosen, counted, known):
        guess.doubts.append(f"{len(there):,}件中{wrong:,}件は型に合わず、隔離される")
    guess.pii = known.pii if known else kind == "text" or _is_phone(there)
    empty = sum(times for value, times in Counter(values).items() if _is_empty(guess, value))
    guess.required = empty * 1000 <= _EMPTY_PERMILLE * len(values)
    if empty and guess.required:
        guess.doubts.append(f"空が{empty:,}件ある: 必須なら隔離される")
    return guess


def _choices(known: Term | None, heading: str, there: list[str]) -> Iterator[Choice]:
    """Types to be tried, the likeliest first: what the glossary says, then what the values look like."""
    if "千円" in heading:
        yield "yen", {"unit": 1000}
        return
    if known:
        kinds = _OF_DATES if known.type == "date" else (known.type,)
        for kind in kinds:
            yield from _with_keys(kind, there)
        if known.type in ("text", "flag", "code"):
            return
    if heading.endswith(_CODE_ENDS):
        yield from _with_keys("flag" if heading.endswith("フラグ") else "code", there)
    is_amount = heading.endswith(_AMOUNT_ENDS)
    for kind in ("yen", *_PLAIN) if is_amount else _PLAIN:
        yield from _with_keys(kind, there)


def _with_keys(kind: Type, there: list[str]) -> Iterator[Choice]:
    """`kind` with what its contract needs besides; nothing when the values cannot be of it."""
    if kind == "digits":
        length = max(Counter(map(len, there)).items(), key=lambda each: each[1], default=(0, 0))[0]
        if length > 1:
            yield kind, {"length": length}
        elif length == 1:
            yield "int", {}  # one digit in the sample may be two in another
    elif kind == "code":
        counted = Counter(there)
        usual = sorted(code for code, times in counted.items() if times > 1 or len(there) < _FEW)
        if 0 < len(usual) <= _MOST_CODES and all(len(code) <= _LONGEST_CODE for code in usual):
            yield kind, {"codes": usual}
    else:
        yield kind, {}


def _wrong(choice: Choice, there: Counter[str], known: Term | None) -> int | None:
    """How many values the load would not take as this type; None when they are too many."""
    kind, keys = choice
    if kind == "yen" and not known and any(len(value) > 1 and value.startswith("0") for value in there):
        return None  # numbers with leading zeros are names of things, no amounts
    try:
        read = parser(_column(kind, keys))
    except ValidationError:
        return None
    taken = {value: _is_taken(read, value) for value in there}
    wrong = sum(times for value, times in there.items() if taken[value] is None)
    is_told = bool(known) or any(taken.values())  # 00000000 alone may be anything
    return wrong if is_told and wrong * 1000 <= (1000 - _RIGHT_PERMILLE) * there.total() else None


def _is_taken(read: Parser, value: str) -> bool | None:
    """True for a value of the type, False for one that stands for none (00000000), None for one that is refused."""
    try:
        return read(value) is not None
    except RowFaultError:
        return None


def _is_empty(guess: Guess, value: str) -> bool:
    return not value or (guess.type in _OF_DATES and _is_taken(parser(_column(guess.type, {})), value) is False)


def _column(kind: Type, keys: dict[str, Any]) -> Column:
    heading = "千円" if "unit" in keys else "c"
    return Column.model_validate(
        {"name": "c", "description": "", "type": kind, "required": False, "from": heading, **keys}
    )


def _is_phone(there: list[str]) -> bool:
    return sum(bool(_PHONE.fullmatch(value)) for value in there) * 2 > len(there) > 0


def _refuse_my_numbers(values: list[str], where: str) -> None:
    """One random number in eleven passes the check digit; nearly all of a column do not (個人番号)."""
    long = [value for value in values if len(value) >= 12 and value.isdigit()]
    if len(long) > 1 and sum(map(has_my_number, long)) * 10 > len(long) * 9:
        raise SampleRejectedError(f"{where}: looks like My Number (個人番号), which never enters; have it left out")


def _why(known: Term | None, kind: Type, there: list[str]) -> str:
    if not there:
        return "見本では全て空"
    shape = f"値の形が {kind}"
    return shape if known is None else f"用語集「{known.item}」" + ("" if known.type == kind else f"、{shape}")


def _doubts(known: Term | None, guess: Guess, there: list[str]) -> list[str]:
    found = []
    if known is None:
        found.append("用語集にない項目: 意味を所管課に聞き、英語名を付ける")
        if guess.type == "text":
            found.append("個人情報でないと確かめたら pii を外す")
    elif not known.is_exact:
        found.append(f"「{known.item}」に近い語で推定")
    if not there:
        found.append("見本では全て空: 型を聞く")
    if guess.type == "code":
        found.append("見本にあったコードだけ: コード表と照合する")
    return found
