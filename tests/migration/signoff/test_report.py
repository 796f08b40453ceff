"""移行検証報告書: fifteen sections from one model; every sheet readable; the same facts, the same bytes."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html import unescape

import pypdfium2
import pytest

from receivables import reports
from receivables.migration.checks import Check
from receivables.migration.plan import GROUPS
from receivables.migration.signoff.blocks import CAUSE_SHOWN, gathered
from receivables.migration.signoff.facts import RunFacts
from receivables.migration.signoff.report import views
from receivables.migration.signoff.report_model import report_model
from tests.migration.signoff import handmade

TITLES = (
    "総括", "件数・人数照合表", "金額照合表", "項目照合", "除外・エラー台帳", "コード変換表", "文字同定", "整合性",
    "前回リハーサルとの差", "差異承認一覧", "目視確認サンプル", "ファイル一覧", "手順と環境", "署名欄",
)  # fmt: skip
ALL = ("ordinary", "failed", "empty", "long")
POINTS_PER_MM = 72 / 25.4


def facts(name: str) -> RunFacts:
    found: RunFacts = getattr(handmade, name)()
    return found


@cache
def drawn(name: str) -> tuple[str, bytes, str]:
    """Page, PDF and digest of handmade facts."""
    model = report_model(facts(name))
    digest = reports.digest(reports.canonical_json(model))
    page, pdf = views(model, digest, [])
    return page.decode(), pdf, digest


@cache
def sheets(name: str) -> list[str]:
    """The words of each sheet."""
    with pypdfium2.PdfDocument(drawn(name)[1]) as opened:
        return [opened[at].get_textpage().get_text_range().replace("\u200b", "") for at in range(len(opened))]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("name", ALL)
def test_page_and_pdf_have_all_fifteen_sections_in_order(name: str) -> None:
    page, _, _ = drawn(name)
    assert re.findall(r'<h2 id="s\d+">(\d+)　([^<]+)</h2>', page) == [
        (str(at), title) for at, title in enumerate(TITLES, start=2)
    ]
    words = squeezed("".join(sheets(name)[1:]))
    at = [words.index(f"{number}{squeezed(title)}") for number, title in enumerate(TITLES, start=2)]
    assert at == sorted(at)


@pytest.mark.parametrize("name", ALL)
def test_every_sheet_has_its_number_and_the_digest_that_people_sign(name: str) -> None:
    _, _, digest = drawn(name)
    for at, words in enumerate(sheets(name), start=1):
        assert digest in words
        assert f"{at} / {len(sheets(name))}" in words


@pytest.mark.parametrize("name", ALL)
def test_nothing_runs_off_a_sheet_or_over_its_margin(name: str) -> None:
    with pypdfium2.PdfDocument(drawn(name)[1]) as opened:
        for at in range(len(opened)):
            wide, high = opened[at].get_size()
            assert (round(wide / POINTS_PER_MM), round(high / POINTS_PER_MM)) == (210, 297)
            words = opened[at].get_textpage()
            for nth in range(words.count_rects()):
                left, bottom, right, top = (each / POINTS_PER_MM for each in words.get_rect(nth))
                assert left >= 13.5, (at, left)
                assert right <= 196.5, (at, right)
                assert 5 <= bottom <= top <= 292, (at, bottom, top)


def words_in_a_row(name: str) -> Iterator[str]:
    for row in re.findall(r"<tr>(.*?)</tr>", drawn(name)[0]):
        for cell in re.findall(r"<td[^>]*>(.*?)</td>", row):
            yield unescape(cell)


@pytest.mark.parametrize("name", ALL)
def test_the_pdf_says_everything_that_the_page_says(name: str) -> None:
    printed = squeezed("".join(sheets(name)))
    cells = {squeezed(cell) for cell in words_in_a_row(name)}
    # A cell over two sheets has a footer in it: its beginning is enough.
    assert not {cell for cell in cells if len(cell) < 40 and cell not in printed and cell[:8] not in printed}


@pytest.mark.parametrize("name", ALL)
def test_the_same_facts_give_the_same_bytes(name: str) -> None:
    model = report_model(facts(name))
    assert reports.canonical_json(model) == reports.canonical_json(report_model(facts(name)))
    assert views(model, drawn(name)[2], []) == (drawn(name)[0].encode(), drawn(name)[1])


def test_drawn_again_from_the_kept_json_it_is_the_same_report() -> None:
    content = reports.canonical_json(report_model(facts("ordinary")))
    assert views(json.loads(content), reports.digest(content), []) == (
        drawn("ordinary")[0].encode(),
        drawn("ordinary")[1],
    )


@pytest.mark.parametrize("name", ALL)
def test_the_page_needs_nothing_from_outside(name: str) -> None:
    page, _, _ = drawn(name)
    assert not [word for word in ("http://", "https://", "<script", "src=", "@import", "url(") if word in page]


def test_words_are_escaped_in_page_drawing_and_pdf() -> None:
    evil = '<script>alert("1")</script> #panic("x") \\ * _ $ @ [ ]'
    groups = (replace(facts("ordinary").groups[1], name=evil),)
    model = report_model(replace(facts("ordinary"), run=handmade.run_row(revision=evil), groups=groups))
    page, pdf = views(model, "0" * 64, [])
    assert "<script" not in page.decode()
    with pypdfium2.PdfDocument(pdf) as opened:
        assert "#panic" in opened[0].get_textpage().get_text_range()


def test_a_verdict_is_never_better_than_its_checks() -> None:
    assert report_model(facts("ordinary"))["summary"]["verdict"] == "EXPLAINED"
    assert report_model(facts("failed"))["summary"]["verdict"] == "FAIL"
    assert report_model(facts("long"))["summary"]["verdict"] == "PASS"
    assert report_model(facts("empty"))["summary"]["verdict"] == "FAIL"  # without a check nothing is proven
    passed = replace(facts("long"), unexplained_rows=0, unexplained_yen=1)
    assert report_model(passed)["summary"]["verdict"] == "FAIL"
    not_run = replace(facts("long"), checks=(*facts("long").checks, Check("R-021", "W-L", "決算の額と一致", "NOT RUN")))
    assert report_model(not_run)["summary"]["verdict"] == "FAIL"


def test_a_group_that_nobody_checked_is_not_passed_and_neither_is_its_run() -> None:
    def told(found: RunFacts) -> tuple[str, dict[str, str]]:
        summary = report_model(found)["summary"]
        return summary["verdict"], {each["group"]: each["status"] for each in summary["groups"]}

    found = facts("ordinary")
    others = {"chotei_shuno": "EXPLAINED", "shuno_rireki": "PASS"}
    assert told(found) == ("EXPLAINED", others | {"atena": "PASS"})
    without = replace(found, checks=tuple(each for each in found.checks if each.group != "atena"))
    assert told(without) == ("FAIL", others | {"atena": "NOT RUN"})


def test_sums_are_those_of_the_lines_and_an_uncounted_leg_is_no_nought() -> None:
    model = report_model(facts("ordinary"))
    (item,) = [each for each in model["amounts"]["groups"][0]["items"] if each["component"] == "entaikin"]
    assert item["yen"]["W"] == sum(line["yen"]["W"] for line in item["lines"])
    assert item["yen"]["W"] - item["yen"]["G"] == 300
    assert "T" not in item["yen"]
    assert model["summary"]["groups"][0]["persons"] == {"G": 41_206}


def test_a_missing_yen_stands_out_on_page_and_in_the_list_of_cells() -> None:
    page = drawn("ordinary")[0]
    assert '<td class="number bad">-300</td>' in page
    assert '<td class="number bad">370,000</td>' in page  # the recomputed figure that the staged one misses


def test_what_did_not_pass_stands_first_among_the_checks() -> None:
    cells = r'<td class="word [^"]*">(FAIL|NOT RUN|EXPLAINED|PASS)</td><td class="number'
    assert re.findall(cells, drawn("failed")[0])[:4] == ["FAIL", "FAIL", "NOT RUN", "EXPLAINED"]


def test_a_long_list_of_cells_shows_those_that_differ_and_says_so() -> None:
    groups = (handmade.group("chotei_shuno", "調定収納情報", years=20, wrong_yen=300),)
    page, _ = views(report_model(replace(facts("ordinary"), groups=groups)), "0" * 64, [])
    assert "全 240 行は report.json にあります。差のある 1 行" in page.decode()


def test_a_very_long_cause_is_cut_and_the_model_has_all() -> None:
    model = report_model(facts("failed"))
    cause = next(each["cause"] for each in model["summary"]["checks"] if each["id"] == "R-031")
    assert len(cause) > 1_000
    assert cause not in drawn("failed")[0]
    assert cause[:CAUSE_SHOWN] + "…（全文は report.json）" in drawn("failed")[0]


def test_tables_of_all_groups_repeat_their_heads_on_every_sheet() -> None:
    assert len(sheets("long")) > 15
    heads = [words for words in sheets("long") if words.count("滞納繰越分") > 25]
    assert len(heads) >= 3
    assert all("相当年度" in words for words in heads)
    assert all(group in "".join(sheets("long")) for group in GROUPS)


def test_checks_that_say_the_same_of_many_groups_are_one_line() -> None:
    checks = [
        {"id": "R-011", "legs": "G-F", "title": "キー", "status": status, "difference": rows, "cause": cause,
         "group": group}
        for group, status, rows, cause in (
            ("atena", "PASS", 0, None), ("yuyo", "PASS", 0, None), ("jiko", "FAIL", 2, "F に無い 2 行"),
            ("kanpu", "PASS", 0, None), (None, "PASS", 0, None), ("kesson", "FAIL", 2, "F に無い 2 行"),
            ("juto", "FAIL", 3, "F に無い 3 行"),
        )
    ]  # fmt: skip
    assert [(groups, each["status"], each["difference"]) for groups, each in gathered(checks)] == [
        ("4 グループ", "PASS", 0), ("jiko、kesson", "FAIL", 2), ("juto", "FAIL", 3)
    ]  # fmt: skip


def test_an_unmapped_code_an_undecided_character_and_a_missing_control_total_are_told() -> None:
    page = drawn("failed")[0]
    assert '<td class="text bad">99</td>' in page
    assert '<td class="word bad">未定</td>' in page
    assert "MJ012345" not in page  # decided: counted, not listed
    assert "会計の統制値が届いていない" in page
    assert '<td class="number bad">+1</td>' in page  # one yen beside the books
    assert '<td class="number bad">13</td>' in page  # a code counted otherwise by the warehouse


def test_signatures_fill_the_box_of_their_role() -> None:
    given = [
        {"user": "chief_it", "role": "it", "title": "情報政策", "decision": "accepted", "reason": None,
         "signed_at": "2026-06-20 10:02:33+09:00"},
        {"user": "sato", "role": None, "title": "", "decision": "rejected", "reason": "督促を直す",
         "signed_at": "2026-06-20 10:05:00+09:00"},
    ]  # fmt: skip
    page, pdf = views(report_model(facts("ordinary")), "0" * 64, given)
    boxes = re.findall(r"<div><strong>([^<]+)</strong><span>(.*?)</span></div>", page.decode())
    assert [title for title, _ in boxes] == [role.title for role in facts("ordinary").signers]
    assert [title for title, said in boxes if said] == ["情報政策"]
    with pypdfium2.PdfDocument(pdf) as opened:
        last = opened[len(opened) - 1].get_textpage().get_text_range()
    assert all(word in last for word in ("電子署名済", "chief_it", "差戻し", "督促を直す"))


def test_drawings_say_what_does_not_agree_in_words() -> None:
    page = drawn("failed")[0]
    assert "不一致 1" in page
    assert "未実施 1" in page
    assert ">説明済 1<" in drawn("ordinary")[0]
    assert page.count('<figure role="img"') == 3


def test_nothing_but_figures_codes_and_hashes_is_in_the_model() -> None:
    """Facts have no room for a person: keys are hashes, samples say file and record."""
    said = reports.canonical_json(report_model(facts("long"))).decode()
    assert not re.search(r'"(atena_no|name_kana|address|shimei)"', said)
    assert set(re.findall(r'"key": "([^"]+)"', said)) == {
        each for each in re.findall(r'"key": "(k[0-9a-f]{16})"', said)
    }  # fmt: skip
