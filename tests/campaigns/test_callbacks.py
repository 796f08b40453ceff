"""Receipts that a carrier pushes (F60): signed, in time, about what was sent, once each; else nothing happens."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from receivables import campaigns, db, server
from receivables.campaigns import receipts
from receivables.campaigns.channels import callbacks
from receivables.settings import State

from .conftest import NOON, QUICK, CarrierProcess, World

Start = Callable[..., CarrierProcess]
SILENT = {"tells_receipts": 0}


@pytest.fixture
def sent(world: World, carrier: Start) -> dict[str, str]:
    """Two messages that the carrier has; reference by debtor."""
    for _ in range(2):
        world.debtor()
    campaigns.dispatch(
        world.approved(), state=world.state, gateway_url=carrier(**SILENT).url, now=datetime.fromisoformat(NOON),
        terms=QUICK,
    )  # fmt: skip
    return dict(world.run("select debtor_id, reference from campaign.outbox order by debtor_id"))


@pytest.fixture(scope="module")
def address(campaign_state: State) -> Iterator[str]:
    """`receivables campaign receive`, as it is run."""
    port = server.free_port()
    command = ["receivables", "campaign", "receive", "--port", str(port), "--state", str(campaign_state.root)]
    command[0] = str(Path(sys.executable).with_name("receivables"))
    with subprocess.Popen(command) as process:
        url = f"http://127.0.0.1:{port}/callbacks/sms"
        assert server.wait_until(lambda: _answers(url), seconds=60)
        yield url
        process.terminate()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == httpx.codes.METHOD_NOT_ALLOWED
    except httpx.HTTPError:
        return False


def push(world: World, url: str, told: list[dict[str, Any]] | bytes, **changed: Any) -> int:
    """Push as a carrier would, unless `changed` says otherwise; the status of the answer."""
    body = told if isinstance(told, bytes) else json.dumps({"receipts": told}).encode()
    at = int(time.time()) + changed.get("seconds", 0)
    key = changed.get("key", callbacks.key_of("sms", world.state))
    headers = {"X-Timestamp": str(at), "X-Signature": callbacks.signature(key, at, changed.get("signed", body))}
    headers.update(changed.get("headers", {}))
    if "stamped" in changed:
        headers["X-Timestamp"] = str(at + changed["stamped"])
    return httpx.post(url, content=body, headers=headers, trust_env=False).status_code


def receipt(reference: str, status: str = "delivered", name: str = "r1") -> dict[str, Any]:
    return {"id": name, "reference": reference, "status": status, "at": "2026-06-19T12:00:10+09:00"}


def look(world: World) -> list[str]:
    """The states after a dispatcher has looked."""
    with db.connect(world.state, "sender") as connection:
        receipts.apply_stored(connection)
    return [state for (state,) in world.run("select state from campaign.outbox order by debtor_id")]


def stored(world: World) -> int:
    return int(world.run("select count(*) from campaign.delivery_receipt")[0][0])


def test_a_signed_receipt_counts_once_however_often_it_comes(address: str, world: World, sent: dict[str, str]) -> None:
    first, second = sent.values()

    answers = [push(world, address, [receipt(first), receipt(second, "failed_perm", "r2")]) for _ in range(5)]

    assert (answers, stored(world)) == ([200] * 5, 2)
    assert (look(world), look(world)) == (["delivered", "failed_perm"], ["delivered", "failed_perm"])


def test_a_receipt_settles_what_was_unknown(address: str, world: World, carrier: Start) -> None:
    world.debtor()
    gateway = carrier(fault_permille=1000, only_fault="error_after", **SILENT)
    neither = QUICK.model_copy(update={"lookup": False})
    run_id = world.approved()
    campaigns.dispatch(
        run_id, state=world.state, gateway_url=gateway.url, now=datetime.fromisoformat(NOON), terms=neither
    )
    assert [each["next_step"] for each in campaigns.unknown(state=world.state)] == ["people"]

    push(world, address, [receipt(world.run("select reference from campaign.outbox")[0][0])])
    campaigns.dispatch(
        run_id, state=world.state, gateway_url=gateway.url, now=datetime.fromisoformat(NOON), terms=neither
    )

    assert (campaigns.unknown(state=world.state), list(gateway.ledger().values())) == ([], [1])
    assert world.run("select box.state, made.state from campaign.outbox as box join campaign.run as made"
                     " using (run_id)") == [("delivered", "done")]  # fmt: skip


FORGED: dict[str, dict[str, Any]] = {
    "another key": {"key": "guessed"},
    "body changed after signing": {"signed": b'{"receipts": []}'},
    "no signature": {"headers": {"X-Signature": ""}},
    "not a signature": {"headers": {"X-Signature": "あ".encode()}},
    "no moment": {"headers": {"X-Timestamp": ""}},
    "moment changed after signing": {"stamped": 1},
    "replayed after an hour": {"seconds": -3600},
    "replayed after six minutes": {"seconds": -361},
    "signed in the future": {"seconds": 600},
}


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_or_late_call_changes_nothing(case: str, address: str, world: World, sent: dict[str, str]) -> None:
    assert push(world, address, [receipt(next(iter(sent.values())))], **FORGED[case]) == httpx.codes.UNAUTHORIZED
    assert (stored(world), look(world)) == (0, ["accepted", "accepted"])


def test_a_call_for_a_carrier_that_is_none_makes_no_key(address: str, world: World, sent: dict[str, str]) -> None:
    for name in ("nobody", "..%2F..%2Fpg_postgres", "sms%2F..%2Fapproval_key"):
        url = address.replace("/callbacks/sms", f"/callbacks/{name}")
        assert push(world, url, [receipt(next(iter(sent.values())))]) in (
            httpx.codes.UNAUTHORIZED,
            httpx.codes.NOT_FOUND,
        )
    assert (stored(world), (world.state.root / "secrets" / "callback_nobody").exists()) == (0, False)


@pytest.mark.parametrize(
    "told",
    [
        [{"id": "r1", "reference": "sms-of-nobody", "status": "delivered"}],
        [{"id": "r1", "reference": "REFERENCE", "status": "refunded"}],
        [{"id": "", "reference": "REFERENCE", "status": "delivered"}],
        [],
    ],
)
def test_a_signed_receipt_about_nothing_we_sent_changes_nothing(
    told: list[dict[str, Any]], address: str, world: World, sent: dict[str, str]
) -> None:
    known = next(iter(sent.values()))
    told = [{**each, "reference": each["reference"].replace("REFERENCE", known)} for each in told]

    assert push(world, address, told) == httpx.codes.OK
    assert (stored(world), look(world)) == (0, ["accepted", "accepted"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{}", 400), (b"[]", 400), (b'{"receipts": {}}', 400), (b'{"receipts": [1]}', 400),
        (b'{"receipts": [{"id": 1, "reference": "x", "status": "delivered"}]}', 400),
        (b'{"receipts": [{"id": "a\\u0000", "reference": "x", "status": "delivered"}]}', 400), (b"\xff", 400),
        (b"x" * (callbacks.BIGGEST_BODY + 1), 413),
    ],
)  # fmt: skip
def test_a_signed_call_of_another_form_is_refused(
    body: bytes, status: int, address: str, world: World, sent: dict[str, str]
) -> None:
    assert push(world, address, body) == status
    assert (stored(world), len(look(world))) == (0, 2)


@pytest.mark.parametrize("seed", range(4))
def test_receipts_pushed_in_any_order_only_move_a_message_forward(
    seed: int, address: str, world: World, sent: dict[str, str]
) -> None:
    first, second = sent.values()
    told = [
        receipt(first, "accepted", "a"), receipt(first, "failed_temp", "b"), receipt(first, "delivered", "c"),
        receipt(second, "failed_temp", "d"), receipt(second, "failed_perm", "e"),
    ]  # fmt: skip
    for each in random.Random(seed).sample(told * 2, 10):
        assert push(world, address, [each]) == httpx.codes.OK
        if seed % 2:
            look(world)

    assert look(world) == ["delivered", "failed_perm"]


def test_the_receiving_role_can_keep_receipts_and_nothing_else(world: World, sent: dict[str, str]) -> None:
    for statement in (
        "select * from campaign.outbox", "update campaign.outbox set state = 'delivered'",
        "select * from campaign.delivery_receipt", "insert into campaign.hold values (default)",
        "select * from vault.register__persons", "select campaign.fence()", "select campaign.phones_of('{}')",
    ):  # fmt: skip
        with pytest.raises(db.DatabaseError) as found, db.connect(world.state, "receiver") as connection:
            connection.execute(statement)  # type: ignore[call-overload]
        assert found.value.sqlstate == "42501"
    with pytest.raises(db.DatabaseError) as found, db.connect(world.state, "sender") as connection:
        connection.execute("select campaign.receive('x', clock_timestamp(), '[]')")
    assert found.value.sqlstate == "42501"
