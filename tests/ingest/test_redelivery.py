"""The same again, a correction, the next day, an old file, a crash: raw says what was known on which day."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from receivables import ingest
from receivables.errors import InputRejectedError
from receivables.ingest import loading

from .conftest import Desk
from .files import DAY, host_file, nhi_claim, nhi_receipt, put_nhi

NEXT = DAY + timedelta(1)
RECEIPTS = "select count(*) from raw.nhi__receipts"


def deliver(desk: Desk, *records: bytes, yen: int, day: object = DAY) -> Path:
    return put_nhi(desk.drop, host_file(list(records), yen=yen, day=day), day=day)  # type: ignore[arg-type]


def everything(desk: Desk) -> list[tuple[object, ...]]:
    return desk.ask("select * from raw.nhi__claims order by notice_no, _known_from") + desk.ask(
        "select * from vault.nhi__claims order by 1, 2, 3"
    )


def test_the_same_delivery_again_changes_nothing(desk: Desk) -> None:
    deliver(desk, nhi_claim(1), nhi_claim(2), yen=24_000)
    desk.take("nhi")
    before = everything(desk)

    again = desk.take("nhi")

    assert {batch.state for batch in again.values()} == {"duplicate"}
    assert everything(desk) == before


def test_the_same_bytes_under_another_name_are_a_duplicate(desk: Desk) -> None:
    file = deliver(desk, nhi_claim(1), yen=12_000)
    (file.parent / f"KOKUHO_CHOTEI_{NEXT:%Y%m%d}.DAT").write_bytes(file.read_bytes())
    (file.parent / f"KOKUHO_SHUNO_{NEXT:%Y%m%d}.DAT").write_bytes(b"")
    desk.take("nhi")

    later = desk.take("nhi", day=NEXT)

    assert later["claims"].reason_code == "STALE"
    assert desk.count("raw.nhi__claims") == 1


def test_other_bytes_for_a_loaded_day_wait_for_a_person(desk: Desk) -> None:
    deliver(desk, nhi_claim(1), nhi_claim(2), yen=24_000)
    desk.take("nhi")
    deliver(desk, nhi_claim(1), nhi_claim(2, yen=9_000), yen=21_000)

    refused = desk.take("nhi")["claims"]
    assert (refused.state, refused.reason_code) == ("rejected", "TWO_VERSIONS")
    assert desk.ask("select sum(assessed_yen)::int from raw.nhi__claims where _known_to is null") == [(24_000,)]

    desk.approve(refused)
    confirmed = desk.take("nhi")["claims"]
    assert (confirmed.state, confirmed.accepted_yen) == ("loaded", 21_000), confirmed.reason
    assert desk.ask("select sum(assessed_yen)::int, count(*)::int from raw.nhi__claims") == [(21_000, 2)]


def test_the_next_day_keeps_what_is_equal_and_closes_what_changed_or_vanished(desk: Desk) -> None:
    deliver(desk, nhi_claim(1), nhi_claim(2), nhi_claim(3), yen=36_000)
    desk.take("nhi")
    deliver(desk, nhi_claim(1), nhi_claim(2, yen=9_000), nhi_claim(4), yen=33_000, day=NEXT)

    desk.take("nhi", day=NEXT)

    found = desk.ask(
        "select right(notice_no, 1), assessed_yen, _known_from::text, _known_to::text"
        " from raw.nhi__claims order by 1, 3"
    )
    first, second = DAY.isoformat(), NEXT.isoformat()
    assert found == [
        ("1", 12_000, first, None),
        ("2", 12_000, first, second),
        ("2", 9_000, second, None),
        ("3", 12_000, first, second),
        ("4", 12_000, second, None),
    ]
    # What was known on the first day can still be asked for, to the yen.
    asked = (
        "select sum(assessed_yen)::int from raw.nhi__claims where _known_from <= %s and coalesce(_known_to > %s, true)"
    )
    assert desk.ask(asked, DAY, DAY) == [(36_000,)]
    assert desk.ask(asked, NEXT, NEXT) == [(33_000,)]


def test_a_changed_name_makes_a_new_version_in_the_vault_alone(desk: Desk) -> None:
    deliver(desk, nhi_claim(1), yen=12_000)
    desk.take("nhi")
    renamed = nhi_claim(1, name="新宿　太郎".encode("cp932").ljust(40))
    deliver(desk, renamed, yen=12_000, day=NEXT)

    desk.take("nhi", day=NEXT)

    assert desk.ask("select person_name from vault.nhi__claims where _known_to is null") == [("新宿　太郎",)]
    assert (desk.count("vault.nhi__claims"), desk.count("raw.nhi__claims")) == (2, 1)


def test_an_older_day_cannot_follow_a_newer_one(desk: Desk) -> None:
    deliver(desk, nhi_claim(1), yen=12_000, day=NEXT)
    desk.take("nhi", day=NEXT)
    deliver(desk, nhi_claim(1), nhi_claim(2), yen=24_000)

    late = desk.take("nhi")["claims"]

    assert (late.state, late.reason_code) == ("rejected", "STALE")
    assert desk.count("raw.nhi__claims") == 1


def test_a_corrected_file_after_a_refusal_is_taken_with_the_ones_that_waited(desk: Desk) -> None:
    deliver(desk, nhi_claim(1), yen=1)
    assert {batch.state for batch in desk.take("nhi").values()} == {"rejected", "held"}
    deliver(desk, nhi_claim(1), yen=12_000)

    found = desk.take("nhi")

    assert {batch.state for batch in found.values()} == {"loaded"}
    assert desk.ask(RECEIPTS) == [(1,)]


def test_a_missing_file_holds_the_others(desk: Desk) -> None:
    deliver(desk, nhi_claim(1), yen=12_000).unlink()

    found = desk.take("nhi")

    assert (found["claims"].state, found["receipts"].state) == ("missing", "held")
    assert desk.is_untouched()


def test_a_file_still_growing_is_not_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from receivables.ingest import landing

    file = deliver(desk, nhi_claim(1), yen=12_000)

    def upload(_: float) -> None:
        with file.open("ab") as stream:
            stream.write(b"more")

    monkeypatch.setattr(landing.time, "sleep", upload)

    claims = desk.take("nhi")["claims"]

    assert (claims.state, claims.reason_code) == ("missing", "MISSING")
    assert "still being written" in str(claims.reason)


def test_a_link_is_not_followed(desk: Desk) -> None:
    file = deliver(desk, nhi_claim(1), yen=12_000)
    elsewhere = desk.drop / "secret"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)

    assert desk.take("nhi")["claims"].reason_code == "UNREADABLE"


def test_a_named_pipe_does_not_hang_the_night(desk: Desk) -> None:
    file = deliver(desk, nhi_claim(1), yen=12_000)
    file.unlink()
    os.mkfifo(file)

    assert desk.take("nhi")["claims"].reason_code == "UNREADABLE"


def test_a_crash_between_check_and_load_loses_nothing(desk: Desk) -> None:
    deliver(desk, nhi_claim(1), nhi_claim(2), yen=24_000)
    ids = ingest.check("nhi", ingest.land("nhi", drop=desk.drop, as_of=DAY, state=desk.state), state=desk.state)
    for (name,) in desk.ask("select tablename from pg_tables where schemaname = 'landing'"):
        desk.do(f"truncate landing.{name}")  # what an unlogged table looks like after a crash

    ingest.load("nhi", ids, state=desk.state)

    assert desk.count("raw.nhi__claims") == 2


def test_a_load_that_fails_in_the_middle_leaves_nothing_and_can_be_repeated(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(desk, nhi_claim(1), nhi_claim(9, due_date=b"4310501"), yen=24_000)
    ids = ingest.check("nhi", ingest.land("nhi", drop=desk.drop, as_of=DAY, state=desk.state), state=desk.state)

    def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as while_broken:
        while_broken.setattr(loading, "_quarantine", broken)
        with pytest.raises(RuntimeError, match="power cut"):
            ingest.load("nhi", ids, state=desk.state)
    assert desk.count("raw.nhi__claims") == desk.count("quarantine.row") == 0

    for _ in range(2):
        ingest.load("nhi", ids, state=desk.state)
    assert desk.count("raw.nhi__claims") == desk.count("quarantine.row") == 1


def test_load_says_every_reason_and_loads_nothing_of_the_source(desk: Desk) -> None:
    put_nhi(desk.drop, host_file([nhi_claim(1)], yen=1), host_file([nhi_receipt()], width=120, yen=5_000))
    ids = ingest.check("nhi", ingest.land("nhi", drop=desk.drop, as_of=DAY, state=desk.state), state=desk.state)

    with pytest.raises(InputRejectedError, match="CONTROL_TOTAL"):
        ingest.load("nhi", ids, state=desk.state)
    assert desk.is_untouched()
