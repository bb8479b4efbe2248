"""Every component in a real browser: how it looks to axe, and that the scripts do what they say."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django import Settings

from tests.pages.serving import serving
from tests.pages.shots import Shot, look

LAYOUTS = ("admin", "desk", "split", "portal", "plain")


@pytest.fixture
def gallery(settings: Settings) -> Iterator[str]:
    settings.ROOT_URLCONF = "mainstay.shell.tests.gallery_urls"
    with serving() as address:
        yield address


@pytest.fixture
def visit(browser: Browser, gallery: str) -> Iterator[Page]:
    context = browser.new_context(base_url=gallery, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if "Content Security" in said.text else None)
    yield page
    context.close()
    assert problems == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_is_inaccessible_or_overflows(browser: Browser, gallery: str, layout: str) -> None:
    shots = [Shot(layout, f"/gallery/{layout}")]
    found = look(gallery, shots, browser=browser, languages=("long",), themes=("light",), widths=(360,))
    found += look(gallery, shots, browser=browser, languages=("es",), themes=("dark",), widths=(1440,))
    assert found == []


def test_error_pages_look_the_same_care(browser: Browser, gallery: str) -> None:
    shots = [Shot(str(status), f"/gallery/{status}", status=status) for status in (404, 500)]
    assert look(gallery, shots, browser=browser, languages=("es",), themes=("dark",), widths=(360,)) == []


def test_the_theme_changes_at_once_and_stays(visit: Page) -> None:
    visit.goto("/gallery/portal")
    visit.locator(".footer [name=theme][value=dark]").click()
    expect(visit.locator("html")).to_have_attribute("data-theme", "dark")
    visit.reload()
    expect(visit.locator("html")).to_have_attribute("data-theme", "dark")
    expect(visit.locator(".footer [name=theme][value=dark]")).to_have_attribute("aria-pressed", "true")


def test_the_language_changes_without_scripts_too(browser: Browser, gallery: str) -> None:
    context = browser.new_context(base_url=gallery, java_script_enabled=False)
    page = context.new_page()
    page.goto("/gallery/portal")
    page.locator(".footer [name=language][value=es]").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator(".skip")).to_have_text("Ir al contenido")
    context.close()


def test_keys_operate_the_page_but_not_while_typing(visit: Page) -> None:
    visit.goto("/gallery/desk")
    visit.keyboard.press("?")
    sheet = visit.locator("#shell-keys")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text("Queue")
    visit.keyboard.press("Escape")
    visit.keyboard.press("/")
    expect(visit.locator("#filter-q")).to_be_focused()
    visit.keyboard.type("?j")
    expect(visit.locator("#filter-q")).to_have_value("?j")
    visit.locator("h1").click()
    visit.keyboard.press("j")
    expect(visit.locator("tbody tr:nth-child(3) [data-row]")).to_be_focused()
    visit.keyboard.press("k")
    expect(visit.locator("tbody tr:nth-child(2) [data-row]")).to_be_focused()
    visit.keyboard.press("g")
    visit.keyboard.press("c")
    expect(visit).to_have_url(re.compile("/gallery/admin$"))


def test_single_keys_can_be_turned_off(visit: Page) -> None:
    visit.goto("/gallery/desk")
    visit.keyboard.press("?")
    visit.locator("[data-keys-on]").uncheck()
    visit.keyboard.press("Escape")
    visit.keyboard.press("/")
    expect(visit.locator("#filter-q")).not_to_be_focused()


def test_a_draft_survives_and_is_forgotten_when_the_server_has_it(visit: Page) -> None:
    visit.goto("/gallery/split")
    visit.locator("#reply").fill("Half a thought")
    visit.goto("/gallery/desk")
    visit.goto("/gallery/split")
    expect(visit.locator("#reply")).to_have_value("Half a thought")
    expect(visit.locator("[data-draft-note]")).to_contain_text("is back")
    visit.evaluate("document.cookie = 'mainstay_sent=gallery-reply; Path=/'")
    visit.evaluate("document.querySelector('#reply').value = ''")
    visit.reload()
    expect(visit.locator("#reply")).to_have_value("")


def test_a_draft_can_be_discarded(visit: Page) -> None:
    visit.goto("/gallery/split")
    visit.locator("#reply").fill("Never mind")
    visit.reload()
    visit.locator("[data-draft-note] button").click()
    expect(visit.locator("#reply")).to_have_value("")
    visit.reload()
    expect(visit.locator("#reply")).to_have_value("")


def answer_posts_with_nothing(route: Route) -> None:
    """The page stays, as it does while the answer is on its way."""
    if route.request.method == "POST":
        route.fulfill(status=204)
    else:
        route.continue_()


def test_what_destroys_asks_once_and_is_sent_once(visit: Page) -> None:
    sent: list[str] = []
    visit.route("**/gallery/admin", answer_posts_with_nothing)
    visit.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    visit.goto("/gallery/admin")
    visit.locator("#id_subject").fill("x")
    visit.get_by_role("button", name="Delete").last.click()
    ask = visit.locator("#shell-confirm")
    expect(ask).to_contain_text("Delete this ticket?")
    ask.get_by_role("button", name="Cancel").click()
    assert sent == []
    visit.get_by_role("button", name="Delete").last.click()
    ask.get_by_role("button", name="Delete").click()
    expect(visit.locator("#forms [data-busy]")).to_have_count(1)
    visit.evaluate("document.querySelector('#forms').requestSubmit()")
    assert len(sent) == 1


def test_chosen_files_are_listed_with_their_size_and_can_be_taken_back(visit: Page) -> None:
    visit.goto("/gallery/portal")
    field = visit.locator("#id_attachments")
    field.set_input_files([{"name": "a <b>.txt", "mimeType": "text/plain", "buffer": b"x" * 1500}])
    field.set_input_files([{"name": "two.log", "mimeType": "text/plain", "buffer": b"y" * 20}])
    rows = visit.locator(".files .file")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("two.log")
    expect(rows.first).to_contain_text("20 B")
    rows.first.get_by_role("button").click()
    expect(rows).to_have_count(0)
    assert field.evaluate("field => field.files.length") == 0


def test_counters_tick_and_change_word_and_shape(visit: Page) -> None:
    visit.clock.install()
    visit.goto("/gallery/desk")
    first = visit.locator("[data-counter]").first
    expect(first).to_have_attribute("data-meaning", "good")
    visit.clock.fast_forward("02:30:00")
    expect(first).to_have_attribute("data-meaning", "warning")
    expect(first.locator("[data-shape=warning]")).to_be_visible()
    expect(first.locator(".counter-time")).to_have_text(re.compile("^4[0-2] min left$"))
    visit.clock.fast_forward("01:00:00")
    expect(first).to_have_attribute("data-meaning", "critical")
    expect(first.locator(".counter-time")).to_have_text(re.compile("^(1[7-9]) min over$"))


def test_a_hint_of_the_live_stream_reaches_who_listens(visit: Page) -> None:
    body = 'id: 7\ndata: {"kind": "ticket", "id": "1", "name": "ticket.replied", "n": 7}\n\n'
    visit.route(
        re.compile(r"/live\?age=\d+$"),
        lambda route: route.fulfill(content_type="text/event-stream", body=body),
    )
    visit.add_init_script(
        """document.addEventListener("DOMContentLoaded", () => {
          document.documentElement.dataset.liveUrl = "/live";
          for (const name of ["ticket:1", "ticket:2", "other ticket"]) {
            const node = document.createElement("p");
            node.dataset.live = name;
            node.addEventListener("mainstay:hint", () => { node.dataset.hinted = name; });
            document.body.append(node);
          }
        })"""
    )
    visit.route(
        "**/js/live.js",
        lambda route: route.fulfill(
            content_type="text/javascript",
            body="await new Promise((done) => document.readyState === 'complete' ? done() : "
            "addEventListener('load', done));" + route.fetch().text(),
        ),
    )
    visit.goto("/gallery/desk")
    expect(visit.locator("[data-hinted='ticket:1']")).to_have_count(1)
    expect(visit.locator("[data-hinted='other ticket']")).to_have_count(1)
    expect(visit.locator("[data-hinted='ticket:2']")).to_have_count(0)


def test_small_screens_show_one_pane_at_a_time(visit: Page) -> None:
    visit.set_viewport_size({"width": 360, "height": 740})
    visit.goto("/gallery/split")
    expect(visit.locator("#pane-main")).to_be_visible()
    expect(visit.locator("#pane-side")).to_be_hidden()
    visit.locator(".pane-tabs a[href='#pane-side']").click()
    expect(visit.locator("#pane-side")).to_be_visible()
    expect(visit.locator("#pane-main")).to_be_hidden()
