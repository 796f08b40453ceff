"""The simulated SMS gateway over real HTTP, as a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from receivables.city.gateway import Fault, planned_fault

TOKEN = "a-token-for-tests"
Start = Callable[..., httpx.Client]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []
    clients: list[httpx.Client] = []

    def run(*, permille: int = 0, seed: int = 1, ledger: str = "ledger.jsonl", **options: float) -> httpx.Client:
        arguments = ["--ledger", str(tmp_path / ledger), "--seed", str(seed), "--fault-permille", str(permille)]
        for name, value in options.items():
            arguments += [f"--{name.replace('_', '-')}", str(value)]
        command = [sys.executable, "-m", "receivables.city.gateway", "--token", TOKEN, *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        address, headers = f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {TOKEN}"}
        clients.append(httpx.Client(base_url=address, headers=headers, timeout=5))
        return clients[-1]

    run.kill = lambda: os.kill(running[-1].pid, signal.SIGKILL)  # type: ignore[attr-defined]
    yield run
    for client in clients:
        client.close()
    for process in running:
        process.terminate()
        process.wait(timeout=10)


def send(client: httpx.Client, reference: str, to: str = "090-5555-0001") -> httpx.Response:
    return client.post("/v1/messages", json={"reference": reference, "to": to, "text": "お手紙をご確認ください"})


def accepted(client: httpx.Client) -> dict[str, int]:
    found: dict[str, int] = client.get("/v1/ledger").json()["accepted"]
    return found


def reference_with(fault: Fault | None, *, seed: int = 1, permille: int = 500) -> str:
    return next(f"m{at}" for at in range(10_000) if planned_fault(seed, f"m{at}", 1, permille) is fault)


def test_an_accepted_message_is_looked_up_and_then_delivered(start: Start) -> None:
    client = start(delivery_seconds=0.3)
    answer = send(client, "m1")
    assert (answer.status_code, answer.json()) == (202, {"reference": "m1", "status": "accepted"})
    assert client.get("/v1/messages/m1").json() == {"reference": "m1", "status": "accepted", "accepted_count": 1}
    time.sleep(0.4)
    assert client.get("/v1/messages/m1").json()["status"] in {"delivered", "failed_perm", "failed_temp"}
    assert client.get("/v1/messages/never").status_code == 404


def test_the_same_reference_twice_is_two_messages(start: Start) -> None:
    client = start()
    send(client, "m1")
    send(client, "m1")
    assert accepted(client) == {"m1": 2}
    assert client.get("/v1/messages/m1").json()["accepted_count"] == 2


@pytest.mark.parametrize("number", ["03-5555-0001", "090-5555-000", "09055550001x", "", "110"])
def test_a_number_that_is_no_mobile_is_clearly_refused(start: Start, number: str) -> None:
    client = start()
    assert send(client, "m1", number).status_code == 400
    assert accepted(client) == {}


@pytest.mark.parametrize("body", ["", "[]", "{", '{"reference": 1, "to": "2", "text": "3"}', "x" * 20_000])
def test_a_malformed_request_is_refused(start: Start, body: str) -> None:
    client = start()
    assert client.post("/v1/messages", content=body).json() == {"error": "bad_request"}
    assert accepted(client) == {}


def test_a_caller_without_the_token_is_refused(start: Start) -> None:
    client = start()
    client.headers["Authorization"] = "Bearer wrong"
    assert send(client, "m1").status_code == 401
    assert client.get("/v1/ledger").status_code == 401


def test_refusals_before_acceptance_accept_nothing(start: Start) -> None:
    client = start(permille=500)
    many, failed = reference_with(Fault.TOO_MANY), reference_with(Fault.FAILED_BEFORE)
    answer = send(client, many)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert send(client, failed).status_code == 500
    assert accepted(client) == {}


def test_a_failure_after_acceptance_looks_like_one_before(start: Start) -> None:
    client = start(permille=500)
    failed, cut = reference_with(Fault.FAILED_AFTER), reference_with(Fault.CUT_AFTER)
    assert send(client, failed).status_code == 500
    with pytest.raises(httpx.RemoteProtocolError):
        send(client, cut)
    assert accepted(client) == {failed: 1, cut: 1}


def test_a_late_acceptance_comes_after_the_caller_gave_up(start: Start) -> None:
    client = start(permille=500, late_seconds=0.8)
    late = reference_with(Fault.LATE)
    client.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        send(client, late)
    client.timeout = httpx.Timeout(5)
    assert client.get(f"/v1/messages/{late}").status_code == 404
    time.sleep(1.0)
    assert client.get(f"/v1/messages/{late}").json()["accepted_count"] == 1


def test_memory_survives_a_kill_and_faults_go_on_where_they_were(start: Start, tmp_path: Path) -> None:
    client = start(permille=500)
    reference = reference_with(Fault.FAILED_AFTER)
    send(client, reference)
    start.kill()  # type: ignore[attr-defined]
    with (tmp_path / "ledger.jsonl").open("a") as ledger:
        ledger.write('{"event": "accep')  # the kill came in the middle of a line
    again = start(permille=500)
    assert accepted(again) == {reference: 1}
    second = planned_fault(1, reference, 2, 500)
    assert (second is None) is (_outcome(again, reference) == 202)
    third = start(permille=500)
    assert accepted(third)[reference] >= 1


def _outcome(client: httpx.Client, reference: str) -> int:
    try:
        return send(client, reference).status_code
    except httpx.HTTPError:
        return 0


def test_receipts_come_repeated_and_out_of_order_but_all_of_them(start: Start) -> None:
    client = start(delivery_seconds=0)
    references = {f"m{at}" for at in range(450)}
    for reference in sorted(references):
        send(client, reference)
    seen: list[dict[str, str]] = []
    after, page = 0, {"receipts": [None], "next": 0}
    while page["receipts"]:
        page = client.get("/v1/receipts", params={"after": after}).json()
        seen, after = [*seen, *page["receipts"]], page["next"]
    ids = [receipt["id"] for receipt in seen]
    assert {receipt["reference"] for receipt in seen} == references
    assert len(ids) > len(set(ids))
    assert ids != sorted(ids)
    statuses = Counter({receipt["reference"]: receipt["status"] for receipt in seen}.values())
    assert statuses["delivered"] > 350
    assert {"failed_perm", "failed_temp"} <= statuses.keys()
    assert all(receipt["at"].endswith("+09:00") for receipt in seen)
    assert client.get("/v1/receipts?after=x").status_code == 400


def test_faults_depend_on_seed_reference_and_attempt_only() -> None:
    one = [planned_fault(3, f"m{at}", 1, 120) for at in range(5_000)]
    assert one == [planned_fault(3, f"m{at}", 1, 120) for at in range(5_000)]
    assert one != [planned_fault(4, f"m{at}", 1, 120) for at in range(5_000)]
    assert one != [planned_fault(3, f"m{at}", 2, 120) for at in range(5_000)]
    assert 400 < sum(fault is not None for fault in one) < 800
    assert set(one) == {None, *Fault}
    assert not any(planned_fault(3, f"m{at}", 1, 0) for at in range(1_000))


def test_the_ledger_keeps_no_number_and_no_text(start: Start, tmp_path: Path) -> None:
    client = start()
    send(client, "m1", "090-5555-0001")
    content = (tmp_path / "ledger.jsonl").read_text()
    assert "5555" not in content
    assert "手紙" not in content


def test_a_taken_port_ends_with_a_message_and_exit_code_5(start: Start, tmp_path: Path) -> None:
    port = start().base_url.port
    command = [sys.executable, "-m", "receivables.city.gateway", "--ledger", str(tmp_path / "other.jsonl")]
    done = subprocess.run([*command, "--port", str(port)], capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert done.stderr == f"port {port} is taken: choose another with --port, or 0 for any free one\n"
