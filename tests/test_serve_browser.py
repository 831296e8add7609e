"""The page in a real browser, headless."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from serve_fixtures import Client, serving

import fanews_classify as fc

playwright = pytest.importorskip("playwright.sync_api")

SWITCHES = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
).split()
INJECTION = (
    '<img src=x onerror="window.ran=1"><script>window.ran=1</script>&lt;b&gt; "\'\n'
    "بیمارستان و دارو {{7*7}} </mark></div><h1>کمبود پرستار</h1>"
)
# Of all text that is seen: its contrast to what is painted under it (WCAG 2).
CONTRASTS = """() => {
  const parse = (value) => value.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const under = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
    const shades = [light(parse(getComputedStyle(element).color)), light(under(element))];
    const [low, high] = shades.sort((a, b) => a - b);
    found.push([(high + 0.05) / (low + 0.05), walker.currentNode.data.slice(0, 30)]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}"""


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(max_bytes=40_000) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    named = os.environ.get("FANEWS_CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = named or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium here")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=SWITCHES)
        yield browser
        browser.close()


class Page:
    """A tab, and all that it has said and asked."""

    def __init__(self, client: Client, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": 1200, "height": 900}, **options)
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(30_000)
        self.said: list[str] = []
        self.asked: list[str] = []
        self.tab.on("console", lambda message: self.said.append(message.text))
        self.tab.on("pageerror", lambda error: self.said.append(str(error)))
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.url = client.server.url
        with self.tab.expect_response("**/api/models"):
            self.tab.goto(self.url)
        self.tab.wait_for_selector("#about:not([hidden])")  # the limits are known

    def analyse(self, text: str) -> None:
        self.tab.fill("#news-text", text)
        self.tab.click("#news .primary")
        self.tab.wait_for_selector("#news-results[aria-busy=false] .answer")

    def texts(self, selector: str) -> list[str]:
        found: list[str] = self.tab.locator(selector).all_inner_texts()
        return found

    def check_quiet(self) -> None:
        assert self.said == []
        assert [url for url in self.asked if not url.startswith(self.url)] == []


@pytest.fixture
def page(client: Client, browser: Any) -> Iterator[Page]:
    page = Page(client, browser)
    yield page
    page.context.close()


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def test_an_unsure_model_is_not_said_to_know_nothing(browser: Any) -> None:
    unsure = replace(fc.load("section"), abstain_below=1.0)
    with serving(models=[unsure]) as client:
        page = Page(client, browser)
        page.analyse("تیم والیبال بانوان به فینال رسید")
        assert "مطمئن نیست" in page.texts("#news-results .note")[0]
        page.tab.click("#language")
        assert "not sure enough" in page.texts("#news-results .note")[0]
        page.context.close()


def test_a_seed_is_answered_in_both_languages(page: Page, seeds: list[str]) -> None:
    tab, found = page.tab, fc.analyze(seeds[0])
    assert tab.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        "fa", "rtl",
    ]  # fmt: skip
    assert tab.locator("#news-results .empty").inner_text().startswith("پاسخ اینجا")
    page.analyse(seeds[0])
    topic = found.topics[0]
    assert topic.stance is not None
    assert page.texts("#news-results .name") == [
        found.section.label_fa, topic.label_fa, topic.stance.label_fa,
    ]  # fmt: skip
    assert page.texts("#news-results .name")[0] == "سلامت"
    assert "سلامت" in tab.locator("#said").inner_text()
    chosen = {0: found.section, 1: topic, 2: topic.stance}
    for i, finding in chosen.items():
        tab.locator("button.answer").nth(i).click()
        pressed = tab.locator("button.answer").evaluate_all("all => all.map(e => e.ariaPressed)")
        assert pressed == ["true" if i == j else "false" for j in range(3)]
        assert tab.evaluate("document.activeElement.ariaPressed") == "true"
        expected = sorted(finding.words, key=lambda word: word.start)
        assert page.texts(".text mark") == [word.text for word in expected]
        assert tab.locator(".text").evaluate("e => e.textContent") == seeds[0]
        shown = tab.locator(".sentences bdi").all_text_contents()
        assert len(shown) == len(finding.sentences)
        for sentence, text in zip(finding.sentences, shown, strict=True):
            assert sentence.text.startswith(text.removesuffix("…"))
    heaviest = tab.locator(".text mark.w4").first
    heaviest.hover()
    assert heaviest.inner_text() in tab.locator(".readout").inner_text()
    tab.click("#language")
    assert tab.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        "en", "ltr",
    ]  # fmt: skip
    assert page.texts("#news-results .name") == [
        "health", topic.label.replace("_", " "), topic.stance.label,
    ]  # fmt: skip
    assert tab.locator(".text").get_attribute("dir") == "rtl"  # though it starts with "date"
    with tab.expect_response("**/api/models"):
        tab.reload()
    assert tab.locator("h1").inner_text().startswith("Persian news")  # remembered
    tab.click("#about summary")
    assert "macro-F1 0." in tab.locator("#about").inner_text()
    page.check_quiet()


def test_offsets_are_right_after_an_emoji(page: Page) -> None:
    text = "😀👩🏽‍⚕️ کمبود دارو در بیمارستان‌های شهر 😀\n\ud83d تنهاست؛ پرستاران 🏥 گلایه کردند."
    page.analyse(text)
    section = fc.analyze(text).section
    words = sorted(section.words, key=lambda word: word.start)
    assert len(words) > 2
    page.tab.locator("button.answer").first.click()
    assert page.texts(".text mark") == [word.text for word in words]
    places = page.tab.locator(".text mark").evaluate_all(
        """marks => marks.map((mark) => {
             const range = document.createRange();
             range.setStart(mark.closest(".text"), 0);
             range.setEndBefore(mark);
             return range.toString().length;
           })"""
    )
    assert places == [units(text[: word.start]) for word in words]
    page.check_quiet()


def test_a_text_with_html_in_it_is_only_shown(page: Page) -> None:
    page.analyse(INJECTION + "\u202e\u2066 وارونه")
    assert INJECTION in page.tab.locator(".text").evaluate("e => e.textContent")
    assert page.tab.locator("main img, main script, main h1, main b").count() == 0
    page.tab.click("#tab-claim")
    page.tab.fill("#claim-claim", INJECTION)
    page.tab.fill("#claim-text", INJECTION)
    page.tab.keyboard.press("Control+Enter")
    page.tab.wait_for_selector("#claim-results .answer")
    assert page.tab.locator("main img, main script, main h1, main b").count() == 0
    assert page.tab.evaluate("window.ran") is None
    # Even if our own scripts tried, the browser would not make HTML of it.
    tried = "() => { try { document.body.innerHTML = '<i>'; return 1 } catch { return 0 } }"
    assert page.tab.evaluate(tried) == 0
    page.said.clear()  # of the last line
    page.check_quiet()


def test_claims(page: Page) -> None:
    tab = page.tab
    tab.focus("#tab-news")
    tab.keyboard.press("ArrowLeft")  # onward, in Persian
    assert tab.locator("#tab-claim").get_attribute("aria-selected") == "true"
    assert tab.evaluate("document.activeElement.id") == "tab-claim"
    assert not tab.locator("#news").is_visible()
    tab.click("#claim .primary")
    assert "هر دو" in tab.locator("#claim-results").inner_text()
    assert tab.evaluate("document.activeElement.id") == "claim-claim"
    text = "خبر تعطیلی مدارس تهران تکذیب شد. هوا سرد است. مدارس تهران فردا باز است."
    claim = "مدارس تهران فردا تعطیل است"
    tab.fill("#claim-claim", claim)
    tab.fill("#claim-text", text)
    tab.click("#claim .primary")
    tab.wait_for_selector("#claim-results .answer")
    assert page.texts("#claim-results .name") == ["مخالف"]
    evidence = fc.load("claim_stance").evidence(text, claim)
    assert page.texts("#claim-results .text .sentence") == [item.text for item in evidence]
    tab.click("#language")
    assert page.texts("#claim-results .name") == ["disagree"]
    page.check_quiet()


def test_examples_of_the_page(page: Page) -> None:
    names = []
    for form in ("news", "claim"):
        page.tab.click(f"#tab-{form}")
        for button in page.tab.locator(f"#{form}-examples button").all():
            with page.tab.expect_response("**/api/*"):
                button.click()
            page.tab.wait_for_selector(f"#{form}-results[aria-busy=false] .answer")
            names.append(page.texts(f"#{form}-results .name"))
    assert names == [
        ["سلامت", "مطالبات و اختلافات مالی سلامت", "انتقادی"],
        ["اقتصاد", "حقوق و مستمری بازنشستگان", "حمایتی"],
        ["ورزش"],
        ["اقتصاد", "مسکن و اجاره", "انتقادی"],
        ["مخالف"],
        ["موافق"],
    ]
    page.check_quiet()


def test_what_goes_wrong_is_said(page: Page) -> None:
    tab = page.tab
    replies: list[dict[str, Any]] = []  # instead of the server's

    def reply(route: Any) -> None:
        if not replies:
            route.continue_()
        elif instead := replies.pop():
            route.fulfill(**instead)
        else:
            route.abort()

    tab.route("**/api/analyze", reply)
    tab.click("#news .primary")
    assert "نخست" in tab.locator("#news-results").inner_text()
    tab.fill("#news-text", "دارو " * 10)
    assert tab.locator("#news-count").inner_text() == "۵۰ نویسه"
    tab.fill("#news-text", "دارو " * 5000)
    assert "۴۰٬۰۰۰ بایت" in tab.locator("#news-count").inner_text()
    assert tab.locator("#news .primary").is_disabled()
    tab.fill("#news-text", "دارو و درمان")
    shown = []
    for instead in (
        {},
        {"status": 429, "headers": {"Retry-After": "7"}, "body": "{}"},
        {"status": 500, "body": '{"error": {"message_fa": "خطا <b>", "message_en": "Fault"}}'},
        {"status": 502, "body": "<html>"},
    ):
        replies.append(instead)
        tab.keyboard.press("Control+Enter")
        tab.wait_for_selector("#news-results[aria-busy=false] [role=alert]")
        shown.append(tab.locator("[role=alert] p").inner_text())
    assert "fanews serve" in shown[0]
    assert "۷ ثانیه" in shown[1]
    assert shown[2] == "خطا <b>"
    assert "fanews serve" in shown[3]
    tab.click("[role=alert] button")
    tab.wait_for_selector("#news-results .answer")
    tab.click("#news button[type=reset]")
    tab.wait_for_selector("#news-results .empty")
    assert tab.input_value("#news-text") == ""
    assert all("Failed to load resource" in line for line in page.said)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(client: Client, browser: Any, seeds: list[str], scheme: str) -> None:
    page = Page(client, browser, color_scheme=scheme, has_touch=True)
    tab = page.tab
    tab.set_viewport_size({"width": 320, "height": 600})
    for text in ("ب" * 500 + " دارو", "a" * 500, seeds[0]):
        page.analyse(text)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    tab.locator("mark").first.tap()
    assert "وزن" in tab.locator(".readout").inner_text()
    for i in range(3):
        tab.locator("button.answer").nth(i).click()
        contrast, where = tab.evaluate(CONTRASTS)[0]
        assert contrast >= 4.5, where
    tab.click("#tab-claim")
    tab.click("#claim-examples button")
    tab.wait_for_selector("#claim-results .answer")
    contrast, where = tab.evaluate(CONTRASTS)[0]
    assert contrast >= 4.5, where
    page.check_quiet()
    page.context.close()


def test_every_control_has_a_name_and_a_place_in_the_order(page: Page, seeds: list[str]) -> None:
    page.analyse(seeds[0])
    tab = page.tab
    tab.focus(".skip")
    order = []
    for _ in range(16):
        tab.keyboard.press("Tab")
        order.append(
            tab.evaluate(
                """() => {
                  const e = document.activeElement;
                  const label = e.labels?.[0]?.textContent ?? e.ariaLabel ?? e.textContent;
                  return [e.id || e.className || e.tagName, label.trim()];
                }"""
            )
        )
    assert all(name for _, name in order)
    places = [place for place, _ in order]
    assert places[:4] == ["language", "tab-news", "news-text", "primary"]
    assert places.index("primary") < places.index("answer of-section")
