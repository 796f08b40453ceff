"""Letters: how many a minute two processes print (督促状のPDF・納付書・印刷指示), held to what must come of it.

`python -m bench.step_letters --letters 100000`; names, towns and houses of the made-up ward, one to four claims each.
The batch is rendered as the sender does it: checked, set, manifest and job list. Then one file is rendered again alone
and must be the same bytes, and sheets drawn at random from all files must give their codes to a scanner. Writes
bench/letters.json. CPU is that of all processes; the target (100,000 in thirty minutes on two cores) is held against
it, as another program on the machine lengthens wall time and not CPU.
"""

import argparse
import json
import os
import platform
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from random import Random

import pypdfium2

from receivables.campaigns.letters import (
    Letter,
    LetterClaim,
    Manifest,
    Order,
    Recipient,
    Slip,
    read_manifest,
    render,
    require_files,
    seal,
    slip_number,
)
from receivables.campaigns.letters.city import setting
from receivables.campaigns.letters.fonts import font
from receivables.campaigns.letters.sheets import expected_codes
from receivables.campaigns.letters.typesetting import codes_on
from receivables.city.names import name_book
from receivables.city.places import Town, all_towns, place_in
from receivables.claims import LegalClass
from receivables.yen import Yen

HERE = Path(__file__).parent
KEY, PROCESSES, CORES = "bench", 2, 2
ISSUED, DEADLINE = date(2026, 12, 4), date(2026, 12, 14)
ORDER = Order("bench", post_by_date=date(2026, 12, 8), expires_on=date(2027, 1, 31))
TARGET_SECONDS_OF_100_000 = 1800
MOST_MIB = 1024  # of each process that sets
CLAIM_COUNTS = (1, 1, 1, 1, 1, 1, 1, 2, 2, 4)


def main() -> int:
    """Make letters, render them, hold the outcome; 1 when it is wrong or costs more than the target allows."""
    parser = argparse.ArgumentParser(prog="bench.step_letters")
    parser.add_argument("--letters", type=int, default=5_000)
    parser.add_argument("--sample", type=int, default=200, help="sheets to read back")
    given = parser.parse_args()
    some = letters(given.letters)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        found = timed(some, folder)
        manifest = read_manifest(folder, KEY)
        require_files(manifest, folder)
        found["is_same_on_a_second_run"] = is_same_again(some, manifest, folder.with_name(f"{folder.name}-again"))
        found["sheets_read_back"], found["sheets_misread"] = read_back(some, manifest, folder, given.sample)
    (HERE / "letters.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return judge(found)


def letters(count: int) -> list[Letter]:
    """督促状 to so many made-up people."""
    rng, towns = Random(1), all_towns()
    return [letter(number, rng, recipient(rng, towns)) for number in range(count)]


def recipient(rng: Random, towns: list[Town]) -> Recipient:
    """Somebody in a house that nobody lives in."""
    place, sex_code = place_in(rng, towns), rng.choice("12")
    name = f"{name_book().family(rng)[0]}　{name_book().given(rng, sex_code, 1970)[0]}"
    lines = tuple(line for line in (place.address, place.detail) if line)
    return Recipient(f"{place.postal_code[:3]}-{place.postal_code[3:]}", lines, name)


def letter(number: int, rng: Random, to: Recipient) -> Letter:
    """One 督促状 over one to four instalments."""
    claims = []
    for instalment_no in range(1, rng.choice(CLAIM_COUNTS) + 1):
        principal, charge = Yen(rng.randrange(1_000, 290_000)), Yen(rng.randrange(0, 9_000, 100))
        slip = Slip(slip_number("03", f"{2600000000 + number}", instalment_no), Yen(principal + charge), DEADLINE)
        claims.append(LetterClaim(
            "nhi_premium", LegalClass.ENFORCED_PUBLIC, "国民健康保険料", 2026, f"第{instalment_no}期",
            date(2026, 6 + instalment_no, 28), principal, charge, slip,
        ))  # fmt: skip
    return Letter(
        seal(f"bench {number}", KEY), "dunning", ISSUED, "insurance", to, DEADLINE, charged_until=ISSUED,
        claims=tuple(claims),
    )  # fmt: skip


def timed(some: list[Letter], folder: Path) -> dict[str, object]:
    """Render all of them; seconds, memory and sizes."""
    before, began = cpu(), time.monotonic()
    manifest = render(some, folder, ORDER, key=KEY, processes=PROCESSES, told=told)
    wall, spent = time.monotonic() - began, cpu() - before
    share = 100_000 / len(some)
    return {
        "what": "督促状 as PDF with slips and seals, manifest and job list",
        "on": f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores",
        "load_average": round(os.getloadavg()[0], 1),
        "letters": len(some),
        "sheets": sum(file.pages for file in manifest.files),
        "files": len(manifest.files),
        "mib": sum(file.size for file in manifest.files) >> 20,
        "wall_seconds": round(wall, 1),
        "cpu_seconds": round(spent, 1),
        "wall_minutes_of_100000": round(wall * share / 60, 1),
        "cpu_minutes_of_100000_on_two_cores": round(spent * share / CORES / 60, 1),
        "peak_mib_of_a_process": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10,
        "peak_mib_of_the_caller": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


def is_same_again(some: list[Letter], manifest: Manifest, folder: Path) -> bool:
    """Whether the last file, rendered alone in a process of its own, has the bytes it had among all."""
    last = manifest.files[-1]
    again = render(some[-len(last.envelopes) :], folder, ORDER, key=KEY, processes=1)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    return again.files[0].sha256 == last.sha256


def read_back(some: list[Letter], manifest: Manifest, folder: Path, count: int) -> tuple[int, int]:
    """So many letters drawn at random: how many sheets they have, and how many of those a scanner misread."""
    rng, by_token = Random(2), {one.token: one for one in some}
    words, seen, misread = setting().tone.paragraphs["dunning"], 0, 0
    places = [(file.name, envelope) for file in manifest.files for envelope in file.envelopes]
    for name, envelope in rng.sample(places, min(count, len(places))):
        with pypdfium2.PdfDocument(folder / name) as opened:
            for at, wanted in enumerate(expected_codes(by_token[envelope.token], setting(), font(), words)):
                found = set(codes_on(opened, envelope.first_page - 1 + at))
                seen += 1
                misread += found != wanted
    return seen, misread


def judge(found: dict[str, object]) -> int:
    """Print what was found; 1 when it is wrong or too dear."""
    say(json.dumps(found, ensure_ascii=False, indent=1))
    is_right = found["is_same_on_a_second_run"] and found["sheets_misread"] == 0
    is_cheap = float(str(found["cpu_minutes_of_100000_on_two_cores"])) * 60 <= TARGET_SECONDS_OF_100_000
    is_small = int(str(found["peak_mib_of_a_process"])) <= MOST_MIB
    return 0 if is_right and is_cheap and is_small else 1


def told(done: int, total: int) -> None:
    """Progress, file by file."""
    say(f"  {done:,} of {total:,} letters, load average {os.getloadavg()[0]:.1f}")


def cpu() -> float:
    """CPU of this process and of those that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def say(text: str) -> None:
    """Tell on standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
