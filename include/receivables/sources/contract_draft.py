"""The draft of a contract as YAML, in the shape of those that are there (契約の下書き)."""

from pathlib import Path
from string import Template

from receivables.sources.guessing import Guess
from receivables.sources.requests import Request
from receivables.sources.samples import Sample

_TEMPLATE = Path(__file__).parent / "templates" / "contract.yml"
_NEEDED = ("addressee_no", "due_date", "assessed_yen")
_ALSO_MEASURED = ("received_yen", "written_off_yen")
_YEARS = ("levy_year", "due_date")
_VOID = ("取消", "取下", "削除")


def questions(read: Sample, found: list[Guess], key: tuple[str, ...]) -> list[str]:
    """What people still have to decide (要確認)."""
    names = {one.name for one in found}
    missing = [name for name in _NEEDED if name not in names]
    return [
        *read.open_questions,
        *(f"{name}: no column was recognised as such; name the right one so" for name in missing),
        *(() if key else ("key: no set of up to four columns tells the rows apart; ask for their key",)),
        *(f"column {one.name} ({one.item}): {one.why}" for one in found if not one.is_sure),
    ]


def contract_text(
    request: Request, read: Sample, found: list[Guess], key: tuple[str, ...], open_questions: list[str]
) -> str:
    """The contract file; its open questions stand at its top."""
    form = [*read.form.items(), ("key", f"[{', '.join(key)}]"), *_measures(found), *_exclusions(found)]
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        request.values,
        questions="".join(f"# 要確認: {question}\n" for question in open_questions),
        file=read.file_pattern,
        form="\n".join(f"            {name}: {value}" for name, value in form),
        columns="\n".join(_column(one) for one in found),
    )


def measures(found: list[Guess]) -> list[str]:
    """The yen columns that are added up at each hop, the controlled one first."""
    yens = [one.name for one in found if one.type == "yen" and not one.is_pii]
    first = "assessed_yen" if "assessed_yen" in yens else next(iter(yens), None)
    return [first, *(name for name in _ALSO_MEASURED if name in yens and name != first)] if first else []


def _measures(found: list[Guess]) -> list[tuple[str, str]]:
    if not (added := measures(found)):
        return []
    required = {one.name for one in found if one.is_required}
    year = next((name for name in _YEARS if name in required), None)
    return [
        ("yen", added[0]),
        *([("fiscal_year", year)] if year else []),
        *([("also_yen", f"[{', '.join(added[1:])}]")] if added[1:] else []),
    ]


def _exclusions(found: list[Guess]) -> list[tuple[str, str]]:
    rules = [
        f"{{column: {one.name}, equals: {code}, reason: CANCELLED_AT_SOURCE}}"
        for one in found
        for code in one.codes
        if code in _VOID
    ]
    rules += [
        f'{{column: {one.name}, equals: "1", reason: DELETED_AT_SOURCE}}'
        for one in found
        if one.name == "is_deleted" and one.type == "flag"
    ]
    return [("exclude", f"[{', '.join(rules)}]")] if rules else []


def _column(one: Guess) -> str:
    codes = ", ".join('"' + code + '"' for code in one.codes)
    meta = [
        f"from: {one.item}",
        f"type: {one.type}",
        *([f"length: {one.length}"] if one.length else []),
        *([f"codes: [{codes}]"] if codes else []),
        *(["pii: true"] if one.is_pii else []),
        *([] if one.is_required else ["required: false"]),
    ]
    doubt = "" if one.is_sure else " # 要確認"
    return f"          - {{name: {one.name}, description: {one.item}, config: {{meta: {{{', '.join(meta)}}}}}}}{doubt}"
