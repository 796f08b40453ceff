"""The documents name what there is: every verb, DAG, target, code, article; and every link leads somewhere.

The tests walk the real objects. A room that has not landed yet is warned of by name, not passed over.
"""

import csv
import importlib
import json
import re
import subprocess
import warnings
from pathlib import Path

import pytest
import typer
import yaml

from receivables import contracts
from receivables.campaigns import playbooks

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SEEDS = ROOT / "dbt_project" / "seeds"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
COMMANDS = (DOCS / "commands.md").read_text(encoding="utf-8")
LAW = (DOCS / "law.md").read_text(encoding="utf-8")
ARTICLE = re.compile(
    r"(?:地方税法|民法|地方自治法(?:施行令)?|国民健康保険法|介護保険法|高齢者の医療の確保に関する法律"
    r"|世田谷区国民健康保険条例|利率等の表示の年利建て移行に関する法律|平成29年法律第44号附則)第\d+条(?:の\d+)*"
)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def column(seed: str, name: str) -> list[str]:
    """One column of a seed; empty, with a warning, while the seed has not landed."""
    file = SEEDS / seed
    if not file.exists():
        warnings.warn(f"dbt_project/seeds/{seed} has not landed yet", stacklevel=2)
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        return [row[name] for row in csv.DictReader(lines)]


def missing(words: list[str], text: str) -> list[str]:
    return [word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)]


ROOMS = [
    "campaign",
    "city",
    "decision",
    "explain",
    "gaiji",
    "hold",
    "identity",
    "ingest",
    "law",
    "ledger",
    "migration",
    "quarantine",
    "source",
    "standard",
]
TOP_LEVEL = {"operate": ["init", "dsn", "night"], "local": ["run", "stop", "ui"], "ingest": ["ingest"]}


@pytest.mark.parametrize("room", ROOMS)
def test_every_verb_of_a_room_is_in_the_commands(room: str) -> None:
    if not (ROOT / "include" / "receivables" / "cli" / f"{room}.py").exists():
        warnings.warn(f"receivables.cli.{room} has not landed yet", stacklevel=1)
        assert f"receivables {room} " in COMMANDS
        return
    app: typer.Typer = importlib.import_module(f"receivables.cli.{room}").app
    verbs = [each.name or each.callback.__name__.replace("_", "-") for each in app.registered_commands if each.callback]
    assert verbs
    told = "\n".join(line for line in COMMANDS.splitlines() if f"`receivables {room} " in line)
    assert not missing(verbs, told)


def test_every_verb_after_sending_is_in_the_commands() -> None:
    """They belong to the room `campaign` and lie in a module of their own."""
    from receivables.cli.sending import app

    told = "\n".join(line for line in COMMANDS.splitlines() if "`receivables campaign " in line)
    assert not missing([each.callback.__name__ for each in app.registered_commands if each.callback], told)


@pytest.mark.parametrize("module", sorted(TOP_LEVEL))
def test_every_verb_of_the_top_is_in_the_commands(module: str) -> None:
    assert not missing([f"receivables {verb}" for verb in TOP_LEVEL[module]], COMMANDS)


def test_no_command_is_promised_twice_as_two_things() -> None:
    wired = (ROOT / "include" / "receivables" / "cli" / "__init__.py").read_text(encoding="utf-8")
    known = {*ROOMS, *(verb for verbs in TOP_LEVEL.values() for verb in verbs)}
    promised = set(re.findall(r"`receivables ([a-z]+)", COMMANDS))
    assert promised <= known
    assert all(word in wired for word in (*ROOMS, *TOP_LEVEL))


def test_every_make_target_is_in_the_commands() -> None:
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(targets) > 5
    assert not missing([f"make {target}" for target in targets], COMMANDS)


def test_every_variable_that_is_read_is_told() -> None:
    code = [
        path
        for folder in ("include/receivables", "dags", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        if "__pycache__" not in path.parts
    ]
    read = {
        name
        for path in code
        for name in re.findall(r"""environ(?:\.get\(|\[)["'](RECEIVABLES_\w+)""", path.read_text(encoding="utf-8"))
    }
    internal = {"RECEIVABLES_CONTRACTS", "RECEIVABLES_PG_RUN_AS"}  # for tests of this project only
    assert not missing(sorted(read - internal), COMMANDS)


def test_every_dag_is_on_the_tour() -> None:
    literal = [
        name
        for path in sorted((ROOT / "dags").glob("*.py"))
        for name in re.findall(r'dag_id="([a-z_]+)"', path.read_text(encoding="utf-8"))
    ]
    ids = [f"ingest__{each.source}" for each in contracts.all_contracts()]
    ids += [f"campaign__{each.name}" for each in playbooks()]
    assert {"warehouse__nightly", "migration__rehearsal"} <= set(literal)
    assert not missing([*literal, *ids], page("tour.md"))


def test_every_reason_code_is_in_the_runbook() -> None:
    assert not missing(column("ingest/reason_codes.csv", "reason_code"), page("runbooks/file-rejected.md"))


def test_no_reason_code_of_the_runbook_is_invented() -> None:
    known = set(column("ingest/reason_codes.csv", "reason_code"))
    told = set(re.findall(r"^\| (`[A-Z_` ]+`) \|", page("runbooks/file-rejected.md"), re.MULTILINE))
    codes = {code for cell in told for code in re.findall(r"[A-Z_]+", cell)}
    assert len(codes) > 20
    assert not known or codes <= known


def test_every_exclusion_is_in_the_runbook() -> None:
    codes = column("campaign/exclusions.csv", "exclusion_code")
    assert len(codes) > 20
    assert not missing(codes, page("runbooks/campaign-stop.md"))


def test_every_law_seed_and_rule_is_in_the_law() -> None:
    files = sorted(path.name for path in (SEEDS / "law").glob("*.csv"))
    assert len(files) >= 6
    rules = column("law/late_charge_rules.csv", "rule_id") + column("law/prescription_rules.csv", "rule_id")
    assert not missing(files + rules, LAW)


def law_modules() -> list[Path]:
    return [path for path in sorted((ROOT / "include/receivables/law").glob("*.py")) if path.stem != "__init__"]


def test_every_article_the_code_stands_on_is_in_the_law() -> None:
    cited = {
        article
        for path in [*law_modules(), ROOT / "include/receivables/calendar.py"]
        for article in ARTICLE.findall(path.read_text(encoding="utf-8"))
    }
    assert len(cited) > 10
    told = {number for article in cited for number in [article[article.index("第") :]] if number not in LAW}
    assert not told


def test_every_statute_function_is_in_the_law() -> None:
    functions = [
        f"{path.stem}.{path.stem}"
        for path in law_modules()
        if re.search(rf"^def {path.stem}\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(functions) >= 4
    assert not missing(functions, LAW)


def test_every_mart_is_in_the_guide() -> None:
    declared = yaml.safe_load((ROOT / "include/receivables/access.yml").read_text(encoding="utf-8"))["marts"]
    assert not missing([f"mart.{name}" for name in declared], page("analyst-guide.md"))


def test_every_word_of_our_own_is_used() -> None:
    rows = page("glossary.md").partition("## This program")[2]
    words = re.findall(r"`([a-z_]+)`", "\n".join(line.split("|")[2] for line in rows.splitlines() if "`" in line))
    assert len(words) > 25
    listed = ["git", "grep", "-hoIE", "--untracked", "[a-z_]{4,}", "--", "include", "dbt_project", "dags"]
    used = set(subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    stale = [word for word in words if word not in used and not any(word in other for other in used)]
    assert not stale


def test_terms_stand_once_in_the_glossary() -> None:
    terms = re.findall(r"^\| ([^|`]+?) \| `", page("glossary.md"), re.MULTILINE)
    assert len(terms) > 80
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
    broken = [
        target
        for target in targets
        if not target.startswith(("http:", "https:", "#")) and not (path.parent / target.split("#")[0]).exists()
    ]
    assert not broken


def test_every_case_of_the_migration_names_tests_that_are_there() -> None:
    section = (DOCS / "migration.md").read_text("utf-8").split("## Cases", 1)[1].split("\nBeside", 1)[0]
    named = set(re.findall(r"`(test_\w+)`", section))
    tests = "".join(file.read_text("utf-8") for file in (ROOT / "tests" / "migration").rglob("test_*.py"))

    assert len(named) > 20
    assert {name for name in named if f"def {name}(" not in tests} == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_name_no_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"(?<![\w.])/(?:work|root|home|tmp|Users)/\S*", text)


def test_files_that_pages_name_are_there() -> None:
    named = {
        (path.relative_to(ROOT), name)
        for path in PAGES
        for name in re.findall(r"`((?:include|dbt_project|dags|plugins|tests|docs)/[\w./-]+)`", path.read_text("utf-8"))
    }
    late = {"dbt_project/seeds/ingest/reason_codes.csv"}  # lands with the ingest room
    gone = [f"{path}: {name}" for path, name in sorted(named) if not (ROOT / name).exists() and name not in late]
    assert not gone


class TestDecisions:
    FILES = sorted((DOCS / "decisions").glob("*.md"))

    def test_they_are_numbered_without_a_gap(self) -> None:
        assert [int(path.name[:4]) for path in self.FILES] == list(range(1, len(self.FILES) + 1))

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
    def test_each_is_one_page_of_three_parts(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        assert re.match(rf"# {int(path.name[:4])}\. \S", text)
        assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
        assert re.search(r"^(Accepted|Superseded by \d+), \d{4}-\d{2}$", text, re.MULTILINE)
        assert len(text.splitlines()) <= 60

    def test_what_code_refers_to_is_there(self) -> None:
        listed = ["git", "grep", "-hoE", r"docs/decisions/[0-9]{4}-[a-z-]+\.md"]
        named = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
        assert [name for name in named if not (ROOT / name).exists()] == []


def test_officials_are_told_kind_period_and_claims() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    kinds = set(re.findall(r"\*\*(\S+?)\*\*", changes.partition("\n## ")[0]))
    rows = [line.split("|")[1:-1] for line in changes.splitlines() if line.startswith("| ") and "種別" not in line]
    assert rows
    assert all(len(row) == 4 and row[0].strip() in kinds and all(cell.strip() for cell in row) for row in rows)


def test_readme_says_that_the_production_shape_was_not_run() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "docker-compose.yml" in readme
    assert "not run" in readme


QUOTED = {
    ("load", "ours", "cpu_ratio"): "loading costs {} times a raw `COPY`",
    ("load", "ours, two streams", "wall_ratio"): "two streams {} of its wall time)",
    ("clean", "ours, csv", "cpu_ratio"): "CP932 to clean typed rows {} times (CSV)",
    ("clean", "ours, fixed width", "cpu_ratio"): "and {} times (fixed width)",
    ("checks", "ours: expectations.validate", "cpu_ratio"): "Great Expectations {} of one hand-written scan",
    ("night", "day 2, 1 % changed", "cpu_ratio"): "1 % changed {} of the first load",
    ("source nhi", "ours: nhi", "cpu_ratio"): "{} times (`nhi`)",
    ("source resident_tax", "ours: resident_tax", "cpu_ratio"): "{} times (`resident_tax`)",
    ("transform", "ours: dbt, two threads", "wall_ratio"): "dbt builds every table in {} of the wall time",
    ("assess", "ours: assess", "cpu_ratio"): "the law on every claim costs {} times",
}


def test_figures_in_the_readme_are_the_measured_ones() -> None:
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    told = json.loads((ROOT / "bench" / "results.json").read_text(encoding="utf-8"))["steps"]
    measured = {(step["step"], one["name"]): one for step in told for one in step["contenders"]}
    for (step, contender, kind), words in QUOTED.items():
        assert words.format(f"{measured[step, contender][kind]:.2f}") in text
