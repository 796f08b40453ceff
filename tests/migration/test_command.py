"""`receivables migration …` from a shell: what it prints and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from receivables.migration.mapping import MAPS
from tests.migration.conftest import World

COMMAND = Path(sys.executable).with_name("receivables")
KEYS = {"verdict", "unexplained_rows", "unexplained_yen", "checks"}


def command(world: World, *words: str) -> tuple[int, dict[str, Any]]:
    if words[0] == "rehearse":  # the hand-made warehouse has one source and what its claims need
        words = (*words, "--groups", "chotei_shuno", "--sources", "nhi")
    done = subprocess.run(
        [COMMAND, "migration", *words, "--state", str(world.state.root), "--json"],
        capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    return done.returncode, json.loads(done.stdout)


def test_rehearse_reconcile_and_sign(ordinary: World) -> None:
    code, rehearsed = command(ordinary, "rehearse", "--snapshot", "2026-06-19")
    again, reconciled = command(ordinary, "reconcile", rehearsed["run_id"])
    signed, signature = command(ordinary, "sign", rehearsed["run_id"], "--as", "chief_tax")

    assert (code, again, signed) == (0, 0, 0)
    assert rehearsed.keys() >= KEYS
    assert rehearsed == reconciled
    assert rehearsed["verdict"] == "PASS"
    assert (signature["signature_count"], signature["is_signed_off"]) == (1, False)


def test_a_second_signature_of_the_same_person_ends_with_3(ordinary: World) -> None:
    _, rehearsed = command(ordinary, "rehearse")
    command(ordinary, "sign", rehearsed["run_id"], "--as", "chief_tax")

    assert command(ordinary, "sign", rehearsed["run_id"], "--as", "chief_tax")[0] == 3


def test_a_swapped_mapping_ends_with_4_and_names_the_items(ordinary: World, tmp_path: Path) -> None:
    text = (MAPS / "nhi" / "chotei_shuno.yaml").read_text()
    swapped = text.replace("medical_yen", "?").replace("support_yen", "medical_yen").replace("?", "support_yen")
    (tmp_path / "chotei_shuno.yaml").write_text(swapped)

    code, found = command(ordinary, "rehearse", "--maps", str(tmp_path))
    causes = " ".join(str(each["cause"]) for each in found["checks"] if each["status"] == "FAIL")

    assert code == 4
    assert found["verdict"] == "FAIL"
    assert "transposition" in causes
    assert "国保内訳_医療分_一般" in causes
    assert "国保内訳_支援分_一般" in causes
    assert command(ordinary, "sign", found["run_id"], "--as", "chief_tax")[0] == 4


def test_an_unknown_edition_ends_with_2(ordinary: World) -> None:
    code, said = command(ordinary, "rehearse", "--edition", "9.9")

    assert code == 2
    assert "no edition '9.9'" in said["error"]
