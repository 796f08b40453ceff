"""A change of the rules tried on a whole ward: what changes is told in claims and yen, and nothing is written."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from receivables import db
from receivables.assess.impact import Change, impact
from receivables.errors import InputRejectedError
from receivables.settings import SEEDS, State
from tests.conftest import AS_OF

Seeds = Callable[[str, str, str], Path]


@pytest.fixture
def seeds(tmp_path: Path) -> Seeds:
    """A folder with one seed in which one text is replaced."""

    def make(name: str, old: str, new: str) -> Path:
        text = (SEEDS / "law" / name).read_text(encoding="utf-8")
        assert old in text
        (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")
        return tmp_path

    return make


def tried(folder: Path, state: State) -> dict[str, Change]:
    return {change.claim_type: change for change in impact(str(folder), as_of=AS_OF, state=state)}


def test_the_same_rules_change_nothing(published: State, tmp_path: Path) -> None:
    shutil.copy(SEEDS / "law" / "late_charge_rates.csv", tmp_path)
    found = tried(tmp_path, published)
    assert sum(change.changed for change in found.values()) == 0
    assert sum(change.judged for change in found.values()) > 1_000


def test_a_dearer_year_changes_charges_of_public_claims_and_no_date(published: State, seeds: Seeds) -> None:
    found = tried(
        seeds("late_charge_rates.csv", "2026-01-01,2026-12-31,28,91", "2026-01-01,2026-12-31,73,146"), published
    )
    tax, loan = found["resident_tax"], found["scholarship_loan"]
    assert tax.changed == tax.charges_changed > 0
    assert tax.charge_yen_after > tax.charge_yen_before
    assert (tax.ends_earlier, tax.ends_later, tax.now_extinct, tax.revived) == (0, 0, 0, 0)
    assert loan.changed == 0


def test_a_longer_period_revives_what_had_lapsed_in_yen(published: State, seeds: Seeds) -> None:
    with db.connect(published) as connection:
        lapsed = connection.execute(
            "select count(*), sum(outstanding_yen) from law.claim_assessments as judged"
            " inner join intermediate.int_claims__balances using (claim_id)"
            " where as_of = %s and claim_type = 'nhi_premium' and extinct_cause = 'prescription'"
            " and outstanding_yen > 0",
            [AS_OF],
        ).fetchone()
    found = tried(seeds("prescription_rules.csv", "nhi_2y,enforced_public,2,", "nhi_2y,enforced_public,50,"), published)
    nhi = found["nhi_premium"]
    assert lapsed is not None
    assert nhi.ends_later > 0
    assert nhi.revived_yen == (lapsed[1] or 0)
    assert nhi.revived >= lapsed[0]
    assert found["resident_tax"].changed == 0
    assert 0 < len(nhi.examples) <= 10


def test_nothing_is_written(published: State, seeds: Seeds) -> None:
    query = "select md5(string_agg(a::text, '|' order by claim_id)) from law.claim_assessments a"
    with db.connect(published) as connection:
        before = connection.execute(query).fetchone()
    tried(seeds("late_charge_rates.csv", "2026-01-01,2026-12-31,28,91", "2026-01-01,2026-12-31,73,146"), published)
    with db.connect(published) as connection:
        assert connection.execute(query).fetchone() == before
        assert connection.execute("select to_regclass('law.desk')").fetchone() == (None,)


def test_a_row_that_cannot_be_read_is_told_by_file_and_line(published: State, seeds: Seeds) -> None:
    folder = seeds("late_charge_rates.csv", "2026-01-01,2026-12-31,28,91", "2026-01-01,2026-12-31,dear,91")
    with pytest.raises(InputRejectedError, match=r"late_charge_rates\.csv, line \d+"):
        tried(folder, published)


def test_a_file_that_no_rule_reads_is_refused(published: State, tmp_path: Path) -> None:
    (tmp_path / "late_charge_rate.csv").write_text("effective_from\n")
    with pytest.raises(InputRejectedError, match=r"late_charge_rate\.csv"):
        tried(tmp_path, published)


def test_a_branch_is_tried_as_it_stands_in_git(
    published: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change that is committed on a branch and not checked out: its yen are told before it is merged."""
    law = tmp_path / "dbt_project" / "seeds" / "law"
    shutil.copytree(SEEDS / "law", law)

    def git(*words: str) -> None:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "the rules as they are")
    git("checkout", "-qb", "dearer")
    rates = law / "late_charge_rates.csv"
    text = rates.read_text(encoding="utf-8")
    rates.write_text(text.replace("2026-01-01,2026-12-31,28,91", "2026-01-01,2026-12-31,73,146"), encoding="utf-8")
    git("commit", "-qam", "a dearer year")
    git("checkout", "-q", "main")
    monkeypatch.setattr("receivables.assess.impact.PROJECT", tmp_path)
    found = {change.claim_type: change for change in impact("dearer", as_of=AS_OF, state=published)}
    tax = found["resident_tax"]
    assert tax.charges_changed > 0
    assert tax.charge_yen_after > tax.charge_yen_before
    unchanged = impact("main", as_of=AS_OF, state=published)
    assert sum(change.changed for change in unchanged) == 0


def test_neither_folder_nor_branch_is_told(published: State) -> None:
    with pytest.raises(InputRejectedError, match="neither a folder nor a git branch"):
        impact("no-such-branch", as_of=AS_OF, state=published)
