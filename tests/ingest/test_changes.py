"""A full copy read as changes to the last one (ADR 22) ends as if it had been read whole, whatever changed."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from receivables import ingest
from receivables.ingest import checking, landing, loading, remembered
from receivables.settings import State

from .conftest import Desk, empty
from .files import DAY, host_file, nhi_claim, put_nhi
from .test_crashes import checksums
from .test_line_breaks import CLAIMS as HEADING
from .test_line_breaks import TWO_LINES
from .test_line_breaks import claim as care_claim
from .test_line_breaks import put as put_care

pytestmark = pytest.mark.postgres
DAYS = 5
NEXT = DAY + timedelta(1)
Maker = Callable[[random.Random, int], bytes]
NAMES = [name.encode("cp932").ljust(40) for name in ("世田谷　太郎", "髙橋　花子", "A\\B", "　空白　")]


def host_row(rng: random.Random, no: int) -> bytes:
    """A row of one of every fate."""
    odd = rng.random()
    over = (
        {"due_date": b"4310501"} if odd < 0.06 else {"status": b"9"} if odd < 0.12
        else {"medical": b"000009999"} if odd < 0.16 else {"name": rng.choice(NAMES)} if odd < 0.4 else {}
    )  # fmt: skip
    return nhi_claim(no, yen=rng.choice([12_000, 12_000, 9_000]), **over)


def care_row(rng: random.Random, no: int) -> bytes:
    odd = rng.random()
    if odd < 0.04:
        return care_claim(no, '"世田谷"区"').encode("cp932")
    address = TWO_LINES if odd < 0.3 else '"世田谷区 ""い"" 棟"' if odd < 0.36 else "世田谷区"
    return care_claim(no, address, rng.choice(['""', '"A,B\nC"', "備考"])).encode("cp932")


def another_day(rng: random.Random, rows: list[bytes], make: Maker) -> list[bytes]:
    """Some rows gone, changed, new, repeated, in other places."""
    found = [row for row in rows if rng.random() > 0.05]
    found = [make(rng, number(row)) if rng.random() < 0.08 else row for row in found]
    found += [make(rng, rng.randint(1, 90)) for _ in range(rng.randint(0, 4))]  # new, or a key that is there already
    if rng.random() < 0.5:
        found += rng.choices(found, k=rng.randint(1, 2))  # the same bytes again
    if rng.random() < 0.3:
        rng.shuffle(found)
    return found


def number(row: bytes) -> int:
    return int(row[1:11]) if row[:1] == b"2" and row[1:11].isdigit() else int(row.split(b",")[1])


def put_host(desk: Desk, rows: list[bytes], day: date) -> None:
    yen = sum(int(row[150:159]) for row in rows)
    put_nhi(desk.drop, host_file(rows, yen=yen, day=day), day=day)


def put_csv(desk: Desk, rows: list[bytes], day: date) -> None:
    put_care(desk.drop, [row.decode("cp932") for row in rows], day=day)


SOURCES: dict[str, tuple[str, Maker, Callable[[Desk, list[bytes], date], None]]] = {
    "host": ("nhi", host_row, put_host),
    "csv": ("latter_stage", care_row, put_csv),
}


def kept(desk: Desk) -> dict[str, object]:
    """All that intake keeps, to the byte."""
    found = checksums(desk)
    for table in ("ops.profile", "ops.conversion", "ops.gaiji", "vault.original_record"):
        found[table] = sorted(desk.ask(f"select * from {table}"))
    return found


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_days_ends_as_if_every_copy_were_read_whole(
    kind: str, seed: int, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, make, put = SOURCES[kind]
    rng = random.Random(f"{kind} {seed}")
    rows = [make(rng, no) for no in range(1, 61)]
    days = [DAY + timedelta(at) for at in range(DAYS)]
    for day in days:
        put(desk, rows, day)
        rows = another_day(rng, rows, make)

    def run() -> tuple[list[dict[str, object]], int]:
        empty(desk.state)
        states = []
        for day in days:
            desk.take(source, day=day)
            states.append(kept(desk))
        followed = desk.ask("select count(*)::int from ops.load where follows is not null")[0][0]
        return states, int(followed)

    as_changes, followed = run()
    with monkeypatch.context() as whole:
        whole.setattr(remembered, "recall", lambda *_: None)
        read_whole, none = run()

    assert none == 0
    assert followed >= 4, "copies must really be read as changes, or this compares nothing"
    for day, one, other in zip(days, as_changes, read_whole, strict=True):
        assert one == other, day


def follows(desk: Desk, day: date = NEXT) -> object:
    return desk.ask("select follows from ops.load where table_name like '%%claims' and business_date = %s", day)[0][0]


def test_only_the_changes_are_read(desk: Desk) -> None:
    rows = [nhi_claim(no) for no in range(1, 51)]
    put_host(desk, rows, DAY)
    desk.take("nhi")
    put_host(desk, [*rows[1:], nhi_claim(60), nhi_claim(2, yen=9_000)][1:], NEXT)

    found = desk.take("nhi", day=NEXT)["claims"]

    assert (found.state, found.accepted_rows, found.accepted_yen) == ("loaded", 50, 49 * 12_000 + 9_000)
    assert desk.ask("select held_rows::int, gone_rows::int from ops.load where follows is not null"
                    " and table_name = 'nhi__claims'") == [(2, 2)]  # fmt: skip
    assert desk.ask("select notice_no::int, _known_to from raw.nhi__claims where _known_to is not null order by 1") == [
        (1, NEXT), (2, NEXT)
    ]  # fmt: skip


def test_a_new_row_with_the_key_of_one_that_stays_sends_both_to_quarantine(desk: Desk) -> None:
    rows = [nhi_claim(no) for no in range(1, 21)]
    put_host(desk, rows, DAY)
    desk.take("nhi")
    put_host(desk, [*rows, nhi_claim(7, yen=9_000)], NEXT)

    found = desk.take("nhi", day=NEXT)["claims"]

    assert (found.accepted_rows, found.quarantined_rows) == (19, 2)
    assert set(desk.quarantine().values()) == {"KEY_CONFLICT"}
    assert follows(desk) is None


def test_a_row_that_stands_twice_every_day_is_no_reason_to_read_all(desk: Desk) -> None:
    rows = [*(nhi_claim(no) for no in range(1, 21)), nhi_claim(7)]
    for day in (DAY, NEXT):
        put_host(desk, rows, day)
        found = desk.take("nhi", day=day)["claims"]
        assert (found.accepted_rows, found.duplicate_rows) == (20, 1)

    assert follows(desk)
    assert desk.ask("select count(*) from raw.nhi__claims where _known_from = %s", NEXT) == [(0,)]


def test_the_same_bytes_under_other_headings_are_read_again(desk: Desk) -> None:
    """Dates change places: not a byte of the row differs."""
    rows = [care_claim(no).replace(",,,,,0", ",R7.08.20,R7.08.22,R7.08.29,,0").encode("cp932") for no in range(1, 21)]
    put_csv(desk, rows, DAY)
    assert desk.take("latter_stage")["claims"].accepted_rows == 20
    swapped = HEADING.replace("納期限", "x").replace("督促状発付日", "納期限").replace("x", "督促状発付日")
    put_care(desk.drop, [row.decode("cp932") for row in rows], day=NEXT, header=swapped)

    assert desk.take("latter_stage", day=NEXT)["claims"].state == "loaded"

    assert follows(desk) is None
    assert desk.ask("select distinct due_date::text from raw.latter_stage__claims where _known_to is null") == [
        ("2025-08-20",)
    ]


def test_another_contract_reads_every_row_again(desk: Desk, amend: Callable[..., None]) -> None:
    rows = [nhi_claim(no) for no in range(1, 21)]
    put_host(desk, rows, DAY)
    desk.take("nhi")
    amend("nhi__claims", "status_code", codes=["1", "9"])
    put_host(desk, rows, NEXT)

    found = desk.take("nhi", day=NEXT)["claims"]

    assert found.quarantined_rows + found.accepted_rows in (0, 20), "every row has a code that is no longer agreed"
    assert found.accepted_rows == 0
    assert follows(desk) is None


@pytest.mark.parametrize("damage", ["removed", "cut", "nonsense", "empty"])
def test_without_what_was_remembered_the_copy_is_read_whole(desk: Desk, damage: str) -> None:
    rows = [nhi_claim(no) for no in range(1, 21)]
    put_host(desk, rows, DAY)
    desk.take("nhi")
    for file in (desk.state.root / "lines").rglob("*.npz"):
        content = file.read_bytes()
        file.unlink()
        if damage != "removed":
            file.write_bytes({"cut": content[: len(content) // 2], "nonsense": b"nonsense", "empty": b""}[damage])
    put_host(desk, rows, NEXT)

    assert desk.take("nhi", day=NEXT)["claims"].accepted_rows == 20
    assert follows(desk) is None


def test_only_the_lines_of_the_newest_copy_are_kept(desk: Desk) -> None:
    for day in (DAY, NEXT):
        put_host(desk, [nhi_claim(no) for no in range(1, 21)], day)
        desk.take("nhi", day=day)

    (file,) = (desk.state.root / "lines" / "nhi__claims").iterdir()
    assert f"{NEXT:%Y%m%d}" in file.name


def checked_changes(desk: Desk) -> list[str]:
    """The second day's copy, checked as changes and not yet loaded."""
    rows = [nhi_claim(no) for no in range(1, 21)]
    put_host(desk, rows, DAY)
    desk.take("nhi")
    put_host(desk, [*rows[2:], nhi_claim(30), nhi_claim(31)], NEXT)
    batch_ids = ingest.check("nhi", landing.land("nhi", drop=desk.drop, as_of=NEXT, state=desk.state), state=desk.state)
    assert follows(desk)
    return batch_ids


@pytest.mark.parametrize("part", ["", "__gone"])
def test_what_a_crash_has_emptied_is_checked_again(desk: Desk, part: str) -> None:
    batch_ids = checked_changes(desk)
    held = str(
        desk.ask("select batch_id from ops.load where table_name = 'nhi__claims' and business_date = %s", NEXT)[0][0]
    )
    desk.do(f'truncate landing."{held.replace("-", "_")}{part}"')

    loading.load("nhi", batch_ids, state=desk.state)

    assert sorted(desk.ask("select notice_no::int from raw.nhi__claims where _known_to is null")) == [
        (no,) for no in (*range(3, 21), 30, 31)
    ]


def test_another_version_of_the_last_day_meanwhile_is_followed_instead(desk: Desk) -> None:
    batch_ids = checked_changes(desk)
    put_host(desk, [nhi_claim(no) for no in range(1, 23)], DAY)
    desk.approve(desk.take("nhi")["claims"])
    assert desk.take("nhi")["claims"].state == "loaded"

    loading.load("nhi", batch_ids, state=desk.state)

    assert sorted(desk.ask("select notice_no::int from raw.nhi__claims where _known_to is null")) == [
        (no,) for no in (*range(3, 21), 30, 31)
    ]


def test_a_promise_broken_by_a_row_that_stays_goes_on_holding_sending(
    clean: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "SETTLE_SECONDS", 0)
    monkeypatch.setattr(checking, "documents", lambda **_: None)
    desk = Desk(clean, tmp_path)
    odd = nhi_claim(1, dunned=b"5070720", arrived=b"5070722", deadline=b"5070701")
    rows = [odd, *(nhi_claim(no) for no in range(2, 21))]
    for day, delivered in ((DAY, rows), (NEXT, [*rows, nhi_claim(21)]), (NEXT + timedelta(1), rows[1:])):
        put_host(desk, delivered, day)
        assert desk.take("nhi", day=day)["claims"].state == "loaded"

    assert follows(desk)
    assert desk.ask("select holds_sending from ops.load where table_name = 'nhi__claims' order by business_date") == [
        (True,), (True,), (False,)
    ]  # fmt: skip
    assert desk.ask("select unexpected_count::int from ops.validation where wording like '督促状の指定期限%%'"
                    " and table_name = 'nhi__claims' order by batch_id") == [(1,), (1,), (0,)]  # fmt: skip
