"""The round trip of a workbook and of a host's own file (EBCDIC, JEF, packed): out and back as Excel and as CSV."""

import csv
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from receivables import db, ingest, quarantine, roster
from receivables.errors import NeedsApprovalError
from receivables.quarantine.worklist import title_ja
from tests.ingest.conftest import Desk
from tests.ingest.files import DAY, loan, put_loans
from tests.readers import host_files as host
from tests.readers.conftest import CONTRACTS

pytestmark = pytest.mark.postgres
NEXT = DAY + timedelta(1)
Cells = list[list[str]]


class Form(NamedTuple):
    """One department's delivery of one good row and bad ones, and what the department answers."""

    source: str
    table: str
    yen_column: str
    put: Callable[[Path, date], None]
    reasons: list[str]
    answers: dict[tuple[str, str], str]  # reason and field: the right value
    rows: int
    yen: int
    person: str


def put_ledger(drop: Path, day: date) -> None:
    put_loans(
        drop,
        [loan(1), loan(2, 返還期日="昭和64年2月1日"), loan(3, 返還額="=4000*2", cached=8_000)],
        yen=24_000,
        day=day,
    )


def put_host(drop: Path, day: date) -> None:
    rows = [
        host.claim(1, yen=1_000),
        host.claim(2, yen=2_000, due_date=host.single("5000101", 7)),
        host.claim(3, yen=3_000, name=(host.IN + b"\x80\xa1" + host.OUT).ljust(42, b"\x40")),
        host.claim(4, yen=4_000, basic=b"\x40" * 5),
    ]
    folder = drop / "kaigo_host"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"KAIGO_{day:%Y%m%d}.EBC").write_bytes(host.file(rows, yen=10_000, day=day))


FORMS = {
    "excel": Form(
        "scholarship", "scholarship__instalments", "assessed_yen", put_ledger, ["ERA", "FORMULA"],
        {("ERA", "due_date"): "令和元年5月31日", ("FORMULA", "assessed_yen"): "8000"}, 3, 24_000, "世田谷　花子",
    ),
    "host": Form(
        "kaigo_host", "kaigo_host__claims", "assessed_yen", put_host, ["ERA", "GAIJI", "AMOUNT"],
        {("ERA", "due_date"): "5080630", ("GAIJI", "person_name"): "世田谷　亜郎", ("AMOUNT", "basic_yen"): "3500"},
        4, 10_000, "世田谷　亜郎",
    ),
}  # fmt: skip


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Form:
    found: Form = FORMS[request.param]
    if found.source == "kaigo_host":
        monkeypatch.setenv("RECEIVABLES_CONTRACTS", str(CONTRACTS))
    return found


@pytest.fixture
def delivered(form: Form, desk: Desk) -> Desk:
    with db.connect(desk.state) as connection:
        connection.execute(
            "truncate correction.standing, correction.approval, correction.returned_file, correction.proposal_row,"
            " correction.proposal, correction.export"
        )
    form.put(desk.drop, DAY)
    (taken,) = desk.take(form.source).values()
    assert (taken.state, taken.accepted_rows) == ("loaded", 1), taken.reason
    assert sorted(desk.quarantine().values()) == sorted(form.reasons)
    return desk


def exported(desk: Desk, kind: str) -> Cells:
    (made,) = quarantine.export(user="clerk", state=desk.state)["exports"]
    file = next(Path(one["path"]) for one in made["files"] if one["path"].endswith(kind))
    assert file.stat().st_mode & 0o777 == 0o600
    if kind == "xlsx":
        page = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0)
        return [[str(cell) for cell in row] for row in page.to_python(skip_empty_area=False)]
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines))


def answer(cells: Cells, form: Form) -> None:
    """Fill in 訂正後の値 as the department would: by the row's reason and the field's name."""
    heading, *rows = cells
    name, corrected, reason = (heading.index(one) for one in ("項目名", "訂正後の値", "理由"))
    titles = {title_ja(code): code for code in form.reasons}
    given = set()
    for row in rows:
        known = (titles[row[reason]], row[name])
        if known in form.answers:
            row[corrected] = form.answers[known]
            given.add(known)
    assert given == set(form.answers), "every bad field stands in the file"


def returned(desk: Desk, cells: Cells, kind: str) -> Path:
    back = desk.drop / f"back.{kind}"
    if kind == "csv":
        with back.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows(cells)
        return back
    with xlsxwriter.Workbook(str(back), {"strings_to_formulas": False}) as book:
        page = book.add_worksheet("訂正票")
        for at, row in enumerate(cells):
            for column, cell in enumerate(row):
                page.write_string(at, column, cell)
    return back


def owner(desk: Desk) -> str:
    return str(desk.ask("select distinct owner_dept from quarantine.row")[0][0])


def held(desk: Desk, form: Form) -> Any:
    query = f"select count(*)::int, sum({form.yen_column})::int from raw.{form.table} where _known_to is null"
    return desk.ask(query)[0]


def unexplained(desk: Desk, day: date) -> tuple[int, int]:
    found = ingest.account(as_of=day, state=desk.state)
    return found["unexplained_rows"], found["unexplained_yen"]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_out_corrected_back_approved_by_two_and_released(delivered: Desk, form: Form, kind: str) -> None:
    desk, cells = delivered, exported(delivered, kind)
    answer(cells, form)
    roster.install(desk.state)

    found = quarantine.import_file(returned(desk, cells, kind), owner_dept=owner(desk), user="clerk", state=desk.state)
    assert (found["faults"], found["rows"]) == ([], len(form.reasons))
    quarantine.approve(found["proposal_id"], user="chief_tax", state=desk.state)
    with pytest.raises(NeedsApprovalError):
        quarantine.release(found["proposal_id"], state=desk.state)
    quarantine.approve(found["proposal_id"], user="chief_insurance", state=desk.state)
    released = quarantine.release(found["proposal_id"], state=desk.state)

    assert (released["rows"], released["skipped"]) == (len(form.reasons), [])
    assert held(desk, form) == (form.rows, form.yen)
    assert unexplained(desk, DAY) == (0, 0)
    assert desk.count(f"vault.{form.table}") == form.rows
    assert desk.ask(f"select count(*)::int from vault.{form.table} where person_name = %s", form.person)[0][0] >= 1

    form.put(desk.drop, NEXT)  # the department's copy still holds the bad rows
    desk.take(form.source, day=NEXT)
    assert held(desk, form) == (form.rows, form.yen)
    assert unexplained(desk, NEXT) == (0, 0)
    assert quarantine.work_list(as_of=NEXT, state=desk.state)["rows"] == 0


def test_a_row_still_wrong_is_told_and_waits(delivered: Desk, form: Form) -> None:
    cells = exported(delivered, "csv")
    answer(cells, form)
    heading = cells[0]
    for row in cells[1:]:
        if row[heading.index("項目名")] == "due_date" and row[heading.index("訂正後の値")]:
            row[heading.index("訂正後の値")] = "いつか"

    found = quarantine.import_file(
        returned(delivered, cells, "csv"), owner_dept=owner(delivered), user="clerk", state=delivered.state
    )

    assert found["rows"] == len(form.reasons) - 1
    assert [fault["field"] for fault in found["faults"]] == ["due_date"]
    assert held(delivered, form)[0] == 1
