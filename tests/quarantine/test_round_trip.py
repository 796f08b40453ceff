"""Out to the department, back in, two approvals, release: no row and no yen is lost, tonight or on later nights."""

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from receivables import db, ingest, quarantine, roster
from receivables.errors import InputRejectedError, InvariantBrokenError, NeedsApprovalError
from receivables.quarantine import releasing
from tests.ingest.conftest import Desk
from tests.ingest.files import DAY, host_file, nhi_claim, put_nhi

pytestmark = pytest.mark.postgres
NEXT = DAY + timedelta(1)
BAD = nhi_claim(9, due_date=b"4310501", yen=7_000)  # 平成31年5月1日


def deliver(desk: Desk, *records: bytes, yen: int, day: Any = DAY) -> None:
    put_nhi(desk.drop, host_file(list(records), yen=yen, day=day), day=day)
    desk.take("nhi", day=day)


def answered(desk: Desk, corrected: str, **over: str) -> Path:
    """The exported CSV with 納期限 filled in, and other columns changed as told."""
    (made,) = quarantine.export(user="clerk", state=desk.state)["exports"]
    file = Path(made["files"][1]["path"])
    assert file.stat().st_mode & 0o777 == 0o600
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        if row["項目名"] == "due_date":
            row |= {"訂正後の値": corrected} | over
    back = desk.drop / f"{made['export_id']}.csv"
    with back.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return back


def proposal(desk: Desk, approvers: tuple[str, ...] = ("chief_tax", "chief_insurance")) -> str:
    roster.install(desk.state)
    found = quarantine.import_file(answered(desk, "5010501"), owner_dept="insurance", user="clerk", state=desk.state)
    assert found["faults"] == []
    for user in approvers:
        quarantine.approve(found["proposal_id"], user=user, state=desk.state)
    return str(found["proposal_id"])


def claims(desk: Desk) -> tuple[int, int]:
    query = "select count(*)::int, sum(assessed_yen)::int from raw.nhi__claims where _known_to is null"
    return desk.ask(query)[0]  # type: ignore[return-value]


def is_closed(desk: Desk, day: Any = DAY) -> bool:
    found = ingest.account(as_of=day, state=desk.state)
    return (found["unexplained_rows"], found["unexplained_yen"]) == (0, 0)


@pytest.fixture
def corrections(desk: Desk) -> Desk:
    with db.connect(desk.state) as connection:
        connection.execute(
            "truncate correction.standing, correction.approval, correction.returned_file, correction.proposal_row,"
            " correction.proposal, correction.export"
        )
    deliver(desk, nhi_claim(1), BAD, yen=19_000)
    return desk


def test_a_corrected_row_is_released_and_stays_so_on_later_nights(corrections: Desk) -> None:
    desk = corrections
    released = proposal(desk)
    assert quarantine.release(released, state=desk.state)["rows"] == 1
    assert quarantine.release(released, state=desk.state)["rows"] == 0
    assert claims(desk) == (2, 19_000)
    assert is_closed(desk)
    assert desk.count("vault.nhi__claims") == 2

    deliver(desk, nhi_claim(1), BAD, yen=19_000, day=NEXT)  # the copy still holds the bad row
    assert claims(desk) == (2, 19_000)
    assert is_closed(desk, NEXT)
    assert quarantine.work_list(as_of=NEXT, state=desk.state)["rows"] == 0

    third = NEXT + timedelta(1)
    deliver(desk, nhi_claim(1), nhi_claim(9, due_date=b"5010501", yen=7_000), yen=19_000, day=third)  # mended
    assert claims(desk) == (2, 19_000)
    assert desk.ask("select end_reason from correction.standing") == [("CORRECTED_AT_SOURCE",)]


def test_a_row_that_vanishes_ends_the_correction(corrections: Desk) -> None:
    quarantine.release(proposal(corrections), state=corrections.state)
    deliver(corrections, nhi_claim(1), yen=12_000, day=NEXT)
    assert claims(corrections) == (1, 12_000)
    assert corrections.ask("select end_reason from correction.standing") == [("GONE",)]


@pytest.mark.parametrize("approvers", [(), ("chief_tax",)])
def test_fewer_than_two_approve_nothing(corrections: Desk, approvers: tuple[str, ...]) -> None:
    waiting = proposal(corrections, approvers)
    for user in ("clerk", "nobody", *approvers):
        with pytest.raises(NeedsApprovalError):
            quarantine.approve(waiting, user=user, state=corrections.state)
    with pytest.raises(NeedsApprovalError):
        quarantine.release(waiting, state=corrections.state)
    assert claims(corrections) == (1, 12_000)


def test_a_tampered_proposal_releases_nothing(corrections: Desk) -> None:
    waiting = proposal(corrections)
    corrections.do(
        "alter table correction.proposal_row disable trigger user",
        "update correction.proposal_row set texts[1] = '0000000008'",
        "alter table correction.proposal_row enable trigger user",
    )
    with pytest.raises(InvariantBrokenError, match="changed after"):
        quarantine.release(waiting, state=corrections.state)
    assert claims(corrections) == (1, 12_000)


def test_a_power_cut_in_a_release_leaves_nothing(corrections: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = proposal(corrections)

    def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as while_broken:
        while_broken.setattr(releasing, "_close", broken)
        with pytest.raises(RuntimeError):
            quarantine.release(waiting, state=corrections.state)
    assert claims(corrections) == (1, 12_000)
    quarantine.release(waiting, state=corrections.state)
    assert claims(corrections) == (2, 19_000)
    assert is_closed(corrections)


@pytest.mark.parametrize(
    ("corrected", "over", "reason"),
    [
        ("4310501", {}, "ERA"),
        ("=A1", {}, "FORMULA"),
        ("5010501", {"照合": "0" * 16}, "CHANGED_ID"),
        ("5010501", {"行ID": "nhi__claims-0-1"}, "NOT_OPEN"),
    ],
)
def test_what_is_still_wrong_is_told(corrections: Desk, corrected: str, over: dict[str, str], reason: str) -> None:
    back = answered(corrections, corrected, **over)
    found = quarantine.import_file(back, owner_dept="insurance", user="clerk", state=corrections.state)
    assert found["proposal_id"] is None
    assert reason in {fault["reason_code"] for fault in found["faults"]}
    with pytest.raises(InputRejectedError, match="DUPLICATE_FILE"):
        quarantine.import_file(back, owner_dept="insurance", user="clerk", state=corrections.state)


def test_another_departments_rows_are_refused(corrections: Desk) -> None:
    back = answered(corrections, "5010501")
    found = quarantine.import_file(back, owner_dept="tax", user="clerk", state=corrections.state)
    assert [fault["reason_code"] for fault in found["faults"]] == ["OTHER_DEPARTMENT"]


def test_a_discard_counts_as_excluded_and_holds(corrections: Desk) -> None:
    desk = corrections
    roster.install(desk.state)
    (group,) = quarantine.work_list(as_of=DAY, state=desk.state)["groups"]
    found = quarantine.propose_discard(group["row_ids"], reason="取下げ", user="clerk", state=desk.state)
    for user in ("chief_tax", "chief_insurance"):
        quarantine.approve(found["proposal_id"], user=user, state=desk.state)
    quarantine.release(found["proposal_id"], state=desk.state)
    assert is_closed(desk)
    deliver(desk, nhi_claim(1), BAD, yen=19_000, day=NEXT)
    assert is_closed(desk, NEXT)
    assert quarantine.work_list(as_of=NEXT, state=desk.state)["rows"] == 0
