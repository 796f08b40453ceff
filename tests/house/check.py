"""`make check`: every rule a machine can hold, without a service, side by side."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BIN = Path(sys.executable).parent
CODE = ["include", "dags", "plugins", "tests", "bench"]
CHECKS = {
    "lint": [BIN / "ruff", "check", *CODE],
    "format": [BIN / "ruff", "format", "--check", *CODE],
    "types": [BIN / "mypy"],
    "imports": [BIN / "lint-imports"],
    "sql": [BIN / "sqlfluff", "lint", "--processes", "2", "dbt_project/models", "dbt_project/tests"],
    "house": [sys.executable, "-m", "pytest", "-q", "--durations=0", "-p", "no:cacheprovider", "tests/house"],
}


def run(name: str) -> tuple[str, int, float, str]:
    """One check: its name, exit code, seconds and output."""
    began = time.monotonic()
    done = subprocess.run([str(part) for part in CHECKS[name]], capture_output=True, text=True, check=False)
    return name, done.returncode, time.monotonic() - began, done.stdout + done.stderr


def main() -> int:
    """Run all checks two at a time; print the output of those that fail."""
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for name, code, seconds, output in pool.map(run, CHECKS):
            print(f"{'ok  ' if code == 0 else 'FAIL'} {name:8} {seconds:5.1f} s", flush=True)  # noqa: T201
            if code != 0:
                failed += 1
                print(output, flush=True)  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
