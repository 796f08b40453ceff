"""Steps repeated, in each other's way, or cut short: what was checked is loaded once, and only as it was checked."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from receivables import db, ingest
from receivables.errors import InputRejectedError
from receivables.ingest import checking, expectations, landing, ledger, loading
from receivables.settings import State

from .conftest import Desk
from .files import DAY, nhi_claim
from .test_changes import NEXT, follows, put_host

pytestmark = pytest.mark.postgres
GAIJI = nhi_claim(15, name=b"\xf0\x40".ljust(40))
ROWS = [nhi_claim(no) for no in range(1, 21)]


def checked(desk: Desk, day: object = DAY) -> list[str]:
    landed = landing.land("nhi", drop=desk.drop, as_of=day, state=desk.state)  # type: ignore[arg-type]
    return ingest.check("nhi", landed, state=desk.state)


def held(desk: Desk) -> str:
    ((name,),) = desk.ask("select replace(batch_id, '-', '_') from ops.load where table_name = 'nhi__claims'")
    return str(name)


def test_a_check_that_was_cut_short_is_repeated(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    put_host(desk, [nhi_claim(1), GAIJI], DAY)
    batch_ids = landing.land("nhi", drop=desk.drop, as_of=DAY, state=desk.state)

    def killed(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as crash:
        crash.setattr(expectations, "validate", killed)
        with pytest.raises(RuntimeError):
            checking.check("nhi", batch_ids, state=desk.state)
    checking.check("nhi", batch_ids, state=desk.state)
    loading.load("nhi", batch_ids, state=desk.state)

    assert desk.count("raw.nhi__claims") == 1
    assert desk.ask("select sum(rows)::int from ops.gaiji") == [(1,)]


def test_rules_stand_once_however_often_a_batch_is_checked(
    clean: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "SETTLE_SECONDS", 0)
    monkeypatch.setattr(checking, "documents", lambda **_: None)
    desk = Desk(clean, tmp_path)
    put_host(desk, [nhi_claim(1)], DAY)
    batch_ids = checked(desk)
    before = desk.count("ops.validation")
    desk.do(f"truncate landing.{held(desk)}")

    loading.load("nhi", batch_ids, state=desk.state)

    assert desk.count("ops.validation") == before
    assert desk.count("raw.nhi__claims") == 1


def test_an_older_check_does_not_replace_what_was_loaded_meanwhile(desk: Desk) -> None:
    put_host(desk, [nhi_claim(1)], DAY)
    batch_ids = checked(desk)
    put_host(desk, [nhi_claim(1, yen=9_000)], DAY)
    assert desk.take("nhi")["claims"].state == "loaded"

    with pytest.raises(InputRejectedError, match="TWO_VERSIONS"):
        loading.load("nhi", batch_ids, state=desk.state)

    assert desk.ask("select assessed_yen from raw.nhi__claims where _known_to is null") == [(9_000,)]


@pytest.mark.parametrize("at", [1, 2])
def test_nobody_comes_between_the_look_at_what_is_held_and_the_load(
    desk: Desk, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just before the first or the second lock of the load, another version of the last day is taken in."""
    put_host(desk, ROWS, DAY)
    desk.take("nhi")
    put_host(desk, ROWS, NEXT)
    batch_ids = checked(desk, NEXT)
    assert follows(desk)
    real, locks = ledger.lock, 0

    def late(connection: db.Connection, source: str) -> None:
        nonlocal locks
        locks += 1
        if locks == at:
            put_host(desk, [nhi_claim(1, due_date=b"5070731"), *ROWS[1:]], DAY)
            desk.approve(desk.take("nhi")["claims"])
            desk.take("nhi")
        real(connection, source)

    monkeypatch.setattr(ledger, "lock", late)
    loading.load("nhi", batch_ids, state=desk.state)

    assert desk.ask("select due_date::text from raw.nhi__claims where _known_to is null and notice_no::int = 1") == [
        ("2025-06-30",)
    ]


@pytest.fixture
def blocked(desk: Desk) -> Iterator[None]:
    """A file stands where the folder of remembered lines should be."""
    lines = desk.state.root / "lines"
    shutil.rmtree(lines, ignore_errors=True)
    lines.write_text("")
    yield
    with suppress(OSError):
        lines.unlink()


@pytest.mark.usefixtures("blocked")
def test_a_night_does_not_hang_on_what_it_could_remember(desk: Desk) -> None:
    for day in (DAY, NEXT):
        put_host(desk, ROWS, day)
        assert desk.take("nhi", day=day)["claims"].state == "loaded"
    assert follows(desk) is None
