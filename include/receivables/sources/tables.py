"""One file's contract, drafted (契約の下書き): its key, yen, year, exclusions and control totals."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from receivables import standard
from receivables.contract_rules import READER_CONTROL
from receivables.errors import InputRejectedError
from receivables.ingest.manifest import HEADER as MANIFEST_HEADER
from receivables.sources.columns import Guess, guesses
from receivables.sources.samples import Sample

CLAIM_YEN, RECEIPT_YEN = "assessed_yen", ("received_yen", "principal_yen")
PARTS = ("principal_yen", "delinquency_charge_yen", "dunning_fee_yen")
_RANK = ("receipt_no", "notice_no", "loan_no", "levy_year", "tax_year", "instalment_no", "dunning_seq", "addressee_no")
_NO_PARTS = ("received_yen", "written_off_yen")  # they stand beside a claim, not in it
_LONGEST_KEY = 4
_MOST_CANDIDATES = 10
_SMALL = 1 << 20
_TWICE_PERMILLE = 5  # rows a sample may hold twice, as the nightly files do
_YEARS = {"claims": ("levy_year", "tax_year", "due_date"), "receipts": ("accounting_year",), "dunnings": ()}
_NEEDED = {
    "claims": ("addressee_no", "due_date", "assessed_yen"),
    "receipts": ("received_on",),
    "dunnings": ("issued_on",),
}
_VOID = re.compile(r"([0-9A-Za-z]+)[=＝:：](?:取消|削除)")
_DAY = re.compile(r"(?:19|20)\d{6}(\d+)?")


@dataclass
class Draft:
    """One table of the contract; `doubts` are what a person has to decide before it is used."""

    name: str
    kind: str  # claims, receipts or dunnings
    sample: Sample
    columns: list[Guess]
    file_pattern: str
    layout: str | None = None
    key: list[str] = field(default_factory=list)
    yen: str | None = None
    also_yen: list[str] = field(default_factory=list)
    sum_of: list[str] = field(default_factory=list)
    fiscal_year: str | None = None
    exclude: list[tuple[str, str, str]] = field(default_factory=list)
    not_kept: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    manifest: str | None = None

    @property
    def control(self) -> str:
        """How the department declares rows and yen of such a file."""
        return READER_CONTROL[self.sample.reader]

    def has(self, *names: str) -> bool:
        """Whether every one of `names` is a column."""
        return set(names) <= {column.name for column in self.columns}

    @property
    def shows_payments(self) -> bool:
        """Whether payments stand beside the claims in the same file."""
        return self.kind == "claims" and self.has("received_yen") and (self.has("paid_on") or self.has("received_on"))

    def questions(self) -> list[str]:
        """Everything a person has to decide about the file (要確認)."""
        of_columns = [
            f"column {one.name} ({one.heading}): {'。'.join(one.doubts)}" for one in self.columns if one.doubts
        ]
        return [*(f"{self.name}: {doubt}" for doubt in self.doubts), *of_columns]


def draft_table(source: str, kind: str, sample: Sample) -> Draft:
    """The contract of the file that `sample` is one of."""
    layout = _layout(sample)
    found = guesses(sample)
    kept = [each for each in found if not layout or (each.is_exact and not each.is_empty)]
    pattern = _DAY.sub(lambda match: "{date}" + ("*" if match[1] else ""), sample.file.name, count=1)
    made = Draft(f"{source}__{kind}", kind, sample, kept, pattern, layout, doubts=list(sample.doubts))
    made.not_kept = [each.heading for each in found if each not in kept]
    if "{date}" not in pattern:
        made.file_pattern = f"{sample.file.stem}_{{date}}{sample.file.suffix}"
        made.doubts.append("ファイル名に日付（YYYYMMDD）がない: 付けてもらう")
    _decide(made, found)
    return made


def _decide(made: Draft, found: list[Guess]) -> None:
    made.key = _key(made, found)
    made.manifest = _manifest(made.sample.file) if made.control == "manifest" else None
    _choose_yen(made)
    made.sum_of = _parts(made, found)
    made.fiscal_year = next((name for name in _YEARS[made.kind] if made.has(name)), None)
    made.exclude = list(_exclusions(made.columns))
    if made.kind == "claims" and made.has("levy_year", "tax_year"):
        made.doubts.append("収入の年度は賦課年度か相当年度か（fiscal_year）")
    if not made.exclude:
        made.doubts.append("取消・削除の印が見つからない: あれば exclude に書く")
    if made.control == "manifest" and not made.manifest:
        made.doubts.append("見本の隣に送付票（ファイル名,件数,金額合計,SHA256）がない: 付けてもらい名前を決める")
    for name in _NEEDED[made.kind]:
        if not made.has(name):
            made.doubts.append(f"{name} に当たる項目が見つからない: 正しい項目の名前をこれに変える")


def _manifest(file: Path) -> str | None:
    """The pattern of the 送付票 beside the sample that names it."""
    for other in sorted(file.parent.glob("*.csv")):
        if other != file and other.stat().st_size < _SMALL:
            text = other.read_bytes().decode("utf-8-sig", "replace")
            if text.startswith(",".join(MANIFEST_HEADER)) and file.name in text:
                return _DAY.sub("{date}", other.name, count=1)
    return None


def _layout(sample: Sample) -> str | None:
    """The standard's group whose items are the heading, in order."""
    edition = standard.edition()
    for name in edition.groups if sample.reader == "csv" else ():
        try:
            if list(edition.group(name).names) == sample.heading:
                return name
        except InputRejectedError:
            continue  # only the group's name is known yet
    return None


def _key(made: Draft, found: list[Guess]) -> list[str]:
    """The smallest set of required columns that tells every row from every other, well-known numbers first."""
    places = {each.name: at for at, each in enumerate(found)}
    rows = list({tuple(row): row for row in made.sample.rows}.values())
    may = [each.name for each in made.columns if each.required and not each.pii and each.type not in ("yen", "flag")]
    may = [name for name in may if len({row[places[name]] for row in rows}) > 1 or len(rows) == 1]
    may.sort(key=lambda name: _RANK.index(name) if name in _RANK else len(_RANK))
    for size in range(1, _LONGEST_KEY + 1):
        for names in combinations(may[:_MOST_CANDIDATES], size):
            different = len({tuple(row[places[name]] for name in names) for row in rows})
            if (len(rows) - different) * 1000 <= _TWICE_PERMILLE * len(rows):
                made.doubts.append(f"キー {'＋'.join(names)} は見本で一意な最小の組: 業務でも一意か確かめる")
                return list(names)
    made.doubts.append(f"key: {_LONGEST_KEY}項目までの組では行を区別できない: 所管課にキーを聞く")
    return (may or [made.columns[0].name])[:1]


def _choose_yen(made: Draft) -> None:
    amounts = [each.name for each in made.columns if each.type == "yen" and "unit" not in each.keys]
    wanted = {"claims": (CLAIM_YEN,), "receipts": RECEIPT_YEN, "dunnings": ()}[made.kind]
    made.yen = next((name for name in wanted if name in amounts), None)
    if made.kind == "dunnings":
        return
    if made.yen is None and len(amounts) == 1:
        made.yen = amounts[0]
        made.doubts.append(f"金額は {made.yen} だけ: これが突合の金額か確かめる")
    if made.yen is None:
        made.doubts.append("突合の金額（yen）が決められない: 調定額（収納額）の項目を書く")
    beside = PARTS if made.kind == "receipts" else RECEIPT_YEN[:1] if made.shows_payments else ()
    made.also_yen = [name for name in beside if name in amounts and name != made.yen]


def _parts(made: Draft, found: list[Guess]) -> list[str]:
    """The other amounts that add up to the controlled one in nearly every row."""
    if made.yen is None:
        return []
    places = {each.name: at for at, each in enumerate(found)}
    apart = (made.yen, *_NO_PARTS) if made.kind == "claims" else (made.yen,)
    amounts_of = [each for each in made.columns if each.type == "yen" and "unit" not in each.keys]
    others = [each.name for each in amounts_of if each.name not in apart]
    names = [made.yen, *others]
    amounts = [
        [int(row[places[name]]) for name in names] for row in made.sample.rows if _are_numbers(row, names, places)
    ]
    for size in range(len(others), 1, -1):
        for chosen in combinations(range(1, len(names)), size):
            equal = sum(row[0] == sum(row[at] for at in chosen) for row in amounts)
            if equal * 1000 > (1000 - _TWICE_PERMILLE) * len(amounts) > 0 and any(
                row[at] for row in amounts for at in chosen
            ):
                return [names[at] for at in chosen]
    return []


def _are_numbers(row: list[str], names: list[str], places: dict[str, int]) -> bool:
    return all(row[places[name]].isascii() and row[places[name]].isdigit() for name in names)


def _exclusions(columns: list[Guess]) -> Iterator[tuple[str, str, str]]:
    for each in columns:
        if each.type == "flag" and each.name in ("is_deleted", "is_cancelled"):
            yield each.name, "1", "DELETED_AT_SOURCE" if each.name == "is_deleted" else "CANCELLED_AT_SOURCE"
        told = _VOID.search(each.heading)
        for code in each.keys.get("codes", ()):
            if code in ("取消", "取下", "削除") or (told and told[1] == code):
                yield each.name, code, "CANCELLED_AT_SOURCE"
