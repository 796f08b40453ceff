"""The page's model and HTML, against a night whose rows were written by hand."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from fastapi import Depends, HTTPException
from fastapi.testclient import TestClient

from receivables import contracts, db
from receivables.screens import charts, drawing, lookup, night_html, night_json, night_page, summing, words
from receivables.screens.model import Night
from receivables.screens.serving import application
from receivables.settings import State
from tests.screens.handmade import AGEING, AS_OF, BATCH

pytestmark = pytest.mark.postgres
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def night(night_state: State) -> Night:
    return night_page(state=night_state)


@pytest.fixture(scope="module")
def html(night: Night) -> str:
    return night_html(night)


def test_the_day_shown_is_the_last_with_a_delivery(night: Night) -> None:
    assert night.business_date == AS_OF
    assert night.published_batch == BATCH


def test_every_source_with_a_contract_is_on_the_page(night: Night) -> None:
    assert [source.source for source in night.sources] == [each.source for each in contracts.all_contracts()]
    found = {each.table_name: each for each in night.deliveries}
    tax = found["resident_tax__claims"]
    assert (tax.accepted_rows, tax.accepted_yen, tax.quarantined_rows, tax.quarantined_yen) == (
        41873, 1_204_331_200, 6, 312_400,
    )  # fmt: skip
    assert (tax.tone, tax.state_ja) == ("watch", "取込済・一部隔離")
    assert found["register__persons"].accepted_yen is None
    assert found["scholarship__instalments"].tone == "bad"
    assert not next(source for source in night.sources if source.source == "scholarship").has_arrived


def test_quarantined_rows_are_told_by_reason(night: Night) -> None:
    claims = next(each for each in night.deliveries if each.table_name == "nhi__claims")
    assert [(why.reason_code, why.rows, why.yen) for why in claims.set_aside] == [
        ("SUM_MISMATCH", 3, 60_000),
        ("GAIJI", 2, 38_210),
    ]


def test_a_file_once_loaded_stays_loaded_whatever_comes_after_it(night_state: State) -> None:
    with db.connect(night_state) as connection:
        connection.execute(
            "insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256,"
            " file_bytes, reason_code) values ('again', 'nhi', 'nhi__claims', %s, 'rejected', 'f', 'z', 1, 'HEADER')",
            [AS_OF],
        )
    try:
        shown = night_page(state=night_state)
        assert next(each for each in shown.deliveries if each.table_name == "nhi__claims").state == "loaded"
    finally:
        with db.connect(night_state) as connection:
            connection.execute("delete from ops.load where batch_id = 'again'")


def test_a_source_nobody_delivered_is_missing_and_not_absent(night_state: State) -> None:
    with db.connect(night_state) as connection:
        connection.execute(
            "insert into ops.load (batch_id, source, table_name, business_date, state, file_name, file_sha256,"
            " file_bytes) values ('early', 'nhi', 'nhi__claims', '2026-06-01', 'loaded', 'f', 'z', 1)"
        )
    shown = night_page(state=night_state, business_date=date(2026, 6, 1))
    states = {each.table_name: each.state for each in shown.deliveries}
    assert states.pop("nhi__claims") == "loaded"
    assert set(states.values()) == {"missing"}
    assert "公開中のデータは令和8年6月19日のままです。" in [said.text for said in summing.summary(shown)]


def test_rates_compare_with_the_same_month_a_year_before(night: Night) -> None:
    nhi = next(row for row in summing.rate_rows(night) if (row.title, row.category_ja) == ("国民健康保険料", "現年分"))
    assert nhi.closed is not None
    assert nhi.running is not None
    assert (nhi.closed.fiscal_year, nhi.closed.last.month, nhi.closed.last.rate) == (2025, "2026-05", Decimal("91.20"))
    assert (nhi.running.fiscal_year, nhi.running.last.month) == (2026, "2026-06")
    assert nhi.change == Decimal("0.60")


def test_a_year_is_closed_only_when_its_books_are(night: Night) -> None:
    assert summing.closed_year(night) == 2025
    assert summing.closed_year(replace(night, published_as_of=date(2026, 5, 31))) == 2024


def test_uncollected_yen_add_up_to_the_last_month_and_never_to_the_sum_of_months(night: Night) -> None:
    year, rows = summing.uncollected(night)
    assert year == 2025
    assert rows[0] == ("特別区民税", 11_800_000, 59_983_334)


def test_overdue_is_the_sum_of_the_ages(night: Night) -> None:
    assert night.overdue_yen == sum(sum(yens) for yens in AGEING.values())


def test_the_campaign_says_who_is_missing(night: Night) -> None:
    run = night.campaign
    assert run is not None
    assert (run.treat_count, run.control_count, run.excluded_count) == (1284, 143, 5)
    assert (run.approval_count, run.approvals_required, run.state) == (1, 2, "waiting")
    assert [(each.code, each.people) for each in run.excluded] == [
        ("X01", 2), ("X19", 2), ("X08", 1), ("X20_unlinked", 1),
    ]  # fmt: skip
    assert all(JAPANESE.search(each.reason_ja) for each in run.excluded)
    assert "催告「督促後のSMS催告」が承認を待っています（あと1人）。ほかに1件が待っています。" in [
        said.text for said in summing.summary(night)
    ]


def test_every_run_that_is_not_over_and_what_must_be_looked_at_is_shown(night: Night, html: str) -> None:
    run = night.campaign
    assert run is not None
    assert [(each.title, each.state_ja, each.treat_count, each.approvals) for each in run.others] == [
        ("督促状（税）", "承認待ち", 77, "0／2"), ("催告書", "送信中", 12, "0／2"),
    ]  # fmt: skip
    assert "督促状（税）" in html
    assert [note.split("（")[0].split(":")[0] for note in run.notes] == [
        "停止中の計画", "本日は送信しない日です", "再確認の日が来た連絡停止 1件",
    ]  # fmt: skip
    assert all(note in html for note in run.notes)
    assert "ほかに1件が待っています。" in "".join(said.text for said in summing.summary(night))


def test_a_stopped_campaign_is_the_first_thing_said(night: Night) -> None:
    assert night.campaign is not None
    stopped = replace(night, campaign=replace(night.campaign, is_stopped=True))
    assert ("催告の送信は緊急停止中です。", "bad") in [(each.text, each.tone) for each in summing.summary(stopped)]
    assert "緊急停止中" in night_html(stopped)


def test_the_verdict_is_shown_with_every_group(night: Night, html: str) -> None:
    run = night.migration
    assert run is not None, "migration.run is not there: ddl/50_migration.sql"
    assert (run.verdict, len(run.checks), len(run.agreeing)) == ("EXPLAINED", 5, 4)
    assert run.differing[0].cause == "取消済みの3行は移行しない"
    assert run.report_link == "reports/migration/M0001.html"
    assert [(each.name, each.rows, each.verdict) for each in run.groups] == [
        ("宛名情報", 120, None), ("調定収納情報（統合収滞納）", 4_321, "EXPLAINED"),
        ("徴収（換価）猶予情報（統合収滞納管理）", 0, None),
    ]  # fmt: skip
    assert "これから移行する債権　2業務・3グループ" in html
    assert "調定収納情報（統合収滞納）　" in html


@pytest.mark.parametrize("verdict", ["PASS", "EXPLAINED", "FAIL", None])
def test_each_verdict_has_a_word(night: Night, verdict: str | None) -> None:
    assert night.migration is not None
    shown = night_html(replace(night, migration=replace(night.migration, verdict=verdict)))
    assert (words.VERDICT[verdict][0] if verdict else "照合前") in shown


def test_the_bound_of_wrong_links_is_shown_as_the_judged_samples_prove_it(night: Night, html: str) -> None:
    """300 judged, none wrong: at 95 % at most 1 - 0.05 ** (1 / 300) = 0.99 %, not zero."""
    assert night.identity is not None
    assert (night.identity.judged, night.identity.wrong, night.identity.waiting) == (300, 0, 1)
    assert "証拠による自動結合は27.0ビットから（出荷時のモデル。合成した人々による証明：下限 26.45ビット" in html
    assert "確かめた 29,006組のうち誤り 0組、95％の信頼度で 0.1033‰以下" in html
    assert "誤統合率は95％の信頼度で 0.99％以下（直近12か月の抜取 300組のうち誤り・不明 0組、判定待ち 1組）" in html
    unjudged = replace(night, identity=replace(night.identity, judged=0, upper_permille=None))
    assert "誤統合率は示せません" in night_html(unjudged)


def test_the_html_is_well_formed_and_japanese(html: str) -> None:
    root = ET.fromstring(html.replace("<!doctype html>", "").strip())
    assert root.get("lang") == "ja"
    assert [each.text for each in root.iter("h1")] == ["昨夜の状況"]
    headings = ["".join(each.itertext()) for each in root.iter("h2")]
    assert headings == ["取込", "収納率", "収入未済額", "滞納の年齢", "名寄せ", "催告の承認", "移行データの照合"]
    for svg in root.iter("svg"):
        assert svg.get("role") == "img"
        named = (svg.get("aria-labelledby") or "").split()
        assert {each.get("id") for each in svg} >= set(named)
    for cell in root.iter("th"):
        assert cell.get("scope") in {"col", "row", "colgroup", "rowgroup"}
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))


def test_nothing_comes_from_elsewhere(html: str) -> None:
    named = set(re.findall(r"(?:https?:)?//[a-z][\w.-]+", html)) - {"http://www.w3.org"}  # a namespace, never fetched
    assert not named
    assert not re.search(r"@import|url\(|<link|<iframe|<img|src=", html)


def test_no_quarantined_bytes_reach_the_page(night: Night, html: str) -> None:
    assert "氏名は画面に出ない" not in html + night_json(night)


def test_what_departments_write_is_escaped(night: Night) -> None:
    assert night.campaign is not None
    planted = replace(night, campaign=replace(night.campaign, title="<script>alert(1)</script>"))
    shown = night_html(planted)
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "&lt;b&gt;" in str(drawing.text(0, 0, "<b>"))


def test_the_json_says_the_same(night: Night) -> None:
    found = json.loads(night_json(night))
    assert found["business_date"] == "2026-06-19"
    assert found["published_at"].endswith("+09:00")
    assert sum(each["outstanding_yen"] for each in found["ageing"]) == night.overdue_yen
    assert all(isinstance(each["uncollected_yen"], int) for each in found["collection"])


def test_an_empty_warehouse_says_what_to_run(quiet_state: State) -> None:
    night = night_page(state=quiet_state)
    assert night.business_date is None
    shown = night_html(night)
    for command in ("receivables night --as-of", "receivables campaign build sms_after_dunning",
                    "receivables migration rehearse"):  # fmt: skip
        assert command in shown
    assert "まだ夜間処理の記録がありません。" in shown
    assert "<svg" not in shown


def test_what_is_not_there_is_empty_and_what_is_wrong_is_told(night_state: State) -> None:
    with db.connect(night_state, "screen") as connection, connection.transaction():
        assert lookup.found(connection, "select 1 from ops.never_made") == []
        assert lookup.found(connection, "select 1 from never_made.at_all") == []
        assert lookup.found(connection, "select 1 from vault.nhi__claims") == []
        assert lookup.found(connection, "select 1 as one") == [{"one": 1}]
        with pytest.raises(psycopg.errors.UndefinedColumn):
            lookup.found(connection, "select no_such_column from ops.load")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0, "0円"), (9_999, "9,999円"), (10_000, "1万円"), (99_999_999, "9,999万円"), (100_000_000, "1.0億円"),
     (1_234_567_890, "12.3億円")],
)  # fmt: skip
def test_short_yen_are_cut_and_never_rounded_up(amount: int, shown: str) -> None:
    assert drawing.short_yen(amount) == shown


@pytest.mark.parametrize(("biggest", "top"), [(1, 1), (3, 5), (19, 20), (21, 25), (26, 50), (99, 100), (100, 100)])
def test_an_axis_ends_at_a_round_figure(biggest: int, top: int) -> None:
    assert drawing.round_top(biggest) == top


def test_bars_are_as_long_as_their_yen() -> None:
    drawn = str(charts.uncollected_chart([("甲", 50, 50), ("乙", 25, 0)]))
    widths = [int(width) for width in re.findall(r'<rect[^>]* width="(\d+)"', drawn)]
    assert widths[0] == widths[1]
    assert abs(widths[0] - 2 * widths[2]) <= 1
    assert widths[3] == 0


class TestServing:
    def test_the_guards_stand_before_everything(self, quiet_state: State) -> None:
        def nobody() -> None:
            raise HTTPException(401)

        client = TestClient(application(quiet_state, guards=[Depends(nobody)]))
        for path in ("/", "/night.json", "/reports/data_docs/index.html"):
            answer = client.get(path)
            assert answer.status_code == 401
            assert "ログインが必要です" in answer.text

    @pytest.mark.parametrize(
        "path",
        ["/reports/%2e%2e%2foutside.html", "/reports/migration/%2e%2e/%2e%2e/outside.html", "/reports//etc/passwd",
         "/reports/none.html", "/reports/inside.txt", "/reports/link.html", "/reports/migration"],
    )  # fmt: skip
    def test_only_reports_are_served(self, night_state: State, path: str) -> None:
        (night_state.root / "outside.html").write_text("no")
        (night_state.reports / "inside.txt").write_text("no")
        link = night_state.reports / "link.html"
        if not link.is_symlink():
            link.symlink_to(night_state.root / "outside.html")
        answer = TestClient(application(night_state)).get(path)
        assert answer.status_code == 404
        assert "見つかりません" in answer.text

    def test_reports_are_served_and_may_load_nothing_from_elsewhere(self, night_state: State) -> None:
        answer = TestClient(application(night_state)).get("/reports/migration/M0001.html")
        assert answer.status_code == 200
        assert "default-src 'self'" in answer.headers["content-security-policy"]

    def test_without_a_database_it_says_what_to_run(
        self, quiet_state: State, monkeypatch: pytest.MonkeyPatch, free_address: Callable[[], str]
    ) -> None:
        monkeypatch.setenv("RECEIVABLES_DSN", free_address())
        answer = TestClient(application(quiet_state)).get("/")
        assert answer.status_code == 503
        assert "データベースに接続できません" in answer.text
        assert "make run" in answer.text
