"""The sizes and names of CONTRIBUTING.md; a rule no machine checks is a wish."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BANNED_MODULES = {"utils", "util", "helpers", "common", "misc", "base"}
FORBIDDEN_TEXT = re.compile(r"/work/|/tmp/[a-z]|pypi\.org|pythonhosted|registry\.npmjs|deb\.debian\.org", re.IGNORECASE)


def tracked(*patterns: str) -> list[Path]:
    command = ["git", "ls-files", "-co", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def too_long(paths: list[Path], limit: int) -> list[str]:
    return [f"{path.relative_to(ROOT)}: {lines(path)} > {limit}" for path in paths if lines(path) > limit]


def test_dag_files_are_tables_of_contents() -> None:
    assert not too_long(tracked("dags/*.py"), 60)


def test_modules_stay_small() -> None:
    assert not too_long(tracked("include/*.py", "plugins/*.py"), 250)


def test_sql_models_stay_small() -> None:
    assert not too_long(tracked("dbt_project/models/*.sql"), 120)


def test_contracts_stay_small() -> None:
    assert not too_long(tracked("dbt_project/models/staging/*.yml"), 200)


def test_at_most_six_macros() -> None:
    assert len(tracked("dbt_project/macros/*.sql")) <= 6


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("folder", ["include", "plugins"])
def test_functions_stay_small(folder: str) -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1} > 50"
        for path in tracked(f"{folder}/*.py")
        for node in functions(path)
        if node.end_lineno and node.end_lineno - node.lineno + 1 > 50
    ]
    assert not long


def test_no_module_is_called_utils() -> None:
    assert not [path for path in tracked("*.py") if path.stem in BANNED_MODULES]


def test_the_domain_never_asks_the_clock() -> None:
    asked = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked("include/*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"date\.today\(|datetime\.(now|utcnow|today)\(|time\.time\(", line)
        and "receivables/city/gateway" not in str(path)
    ]
    assert not asked


def test_nothing_names_this_machine_or_a_package_index() -> None:
    kinds = (
        "*.py",
        "*.md",
        "*.y*ml",
        "*.toml",
        "*.txt",
        "*.in",
        "*.sql",
        "*.html",
        "Makefile",
        "Dockerfile",
        ".ci/run",
    )
    named = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked(*kinds)
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if FORBIDDEN_TEXT.search(line)
    ]
    assert not named
