"""Looks at pages in a real browser: screenshots, axe, overflow, script errors.

    findings = look(live_app.url, [Shot("queue", "/desk", cookies)], browser=browser)

or from a shell, where `--cookie` may be repeated:

    PYTHONPATH=src python tests/pages/shots.py http://127.0.0.1:8000 shots queue=/desk triage=/desk/triage --cookie a=b
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from mainstay.project.testing.browser import ARGUMENTS, find_chromium

WIDTHS = (360, 1440)
NARROWEST = 320
THEMES = ("light", "dark")
LANGUAGES = ("en", "es")  # besides them "long": English with every text 40 % longer
HEIGHT = 900
OVERFLOW = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  const inside = (node) => { for (let up = node.parentElement; up; up = up.parentElement) {
    if (getComputedStyle(up).overflowX !== "visible") return true; } return false; };
  return [...document.body.querySelectorAll("*")]
    .filter((node) => node.getBoundingClientRect().right > wide + 1 && !inside(node))
    .slice(0, 5).map((node) => node.outerHTML.slice(0, 120));
}"""


STRETCH = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.data.trim();
    if (text.length < 2 || walker.currentNode.parentElement.closest("script, style, textarea")) continue;
    walker.currentNode.data += " " + "ñandú ".repeat(20).slice(0, Math.ceil(text.length * 0.4));
  }
}"""


@dataclass(frozen=True)
class Shot:
    name: str
    path: str
    cookies: Mapping[str, str] = field(default_factory=dict)
    status: int = 200  # what the page is expected to answer


@dataclass(frozen=True)
class Finding:
    page: str  # name-width-theme-language
    kind: str  # axe, overflow, script, status
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.kind}: {self.text}"


def look(
    base_url: str,
    shots: Iterable[Shot],
    folder: Path | None = None,
    *,
    widths: Sequence[int] = WIDTHS,
    themes: Sequence[str] = THEMES,
    languages: Sequence[str] = LANGUAGES,
    browser: Browser | None = None,
    full_page: bool = True,
) -> list[Finding]:
    """Every page at every width, theme and language; pictures go into `folder` when one is given.

    Within tests pass the fixture `browser`: Playwright cannot be started twice in one thread.
    """
    found: list[Finding] = []
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    with nullcontext(browser) if browser else launched() as chromium:
        for shot in shots:
            for width in widths:
                for theme in themes:
                    for language in languages:
                        label = f"{shot.name}-{width}-{theme}-{language}"
                        with _context(chromium, base_url, shot, width, theme, language) as context:
                            found += _look_at(context, base_url, shot, label, folder, full_page)
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=[*ARGUMENTS, "--no-sandbox", "--hide-scrollbars"]
        )
        try:
            yield chromium
        finally:
            chromium.close()


@contextmanager
def _context(
    chromium: Browser, base_url: str, shot: Shot, width: int, theme: str, language: str
) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if theme == "dark" else "light",
        locale="en" if language == "long" else language,
        timezone_id="Europe/Madrid",
        reduced_motion="reduce",
        bypass_csp=True,  # axe is injected; the page's own violations are what tests of headers find
    )
    cookies = {**shot.cookies, "django_language": "en" if language == "long" else language}
    context.add_cookies([{"name": name, "value": value, "url": base_url} for name, value in cookies.items()])
    try:
        yield context
    finally:
        context.close()


def _look_at(
    context: BrowserContext, base_url: str, shot: Shot, label: str, folder: Path | None, full_page: bool
) -> list[Finding]:
    page = context.new_page()
    found: list[Finding] = []
    page.on("pageerror", lambda error: found.append(Finding(label, "script", str(error))))
    answer = page.goto(base_url.rstrip("/") + shot.path, wait_until="load")
    if answer is None or answer.status != shot.status:
        found.append(Finding(label, "status", f"{answer and answer.status} instead of {shot.status}"))
    if label.endswith("-long"):
        page.evaluate(STRETCH)
    if folder:
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=folder / f"{label}.png", full_page=full_page)
    found += [Finding(label, "overflow", text) for text in page.evaluate(OVERFLOW)]
    found += axe_findings(page, label)
    if page.viewport_size and page.viewport_size["width"] < 600:
        page.set_viewport_size({"width": NARROWEST, "height": HEIGHT})
        found += [Finding(f"{label}@{NARROWEST}", "overflow", text) for text in page.evaluate(OVERFLOW)]
    return found


def axe_findings(page: Page, label: str) -> list[Finding]:
    violations = Axe().run(page).response["violations"]
    return [
        Finding(label, "axe", f"{violation['id']} ({violation['impact']}): {node['html'][:160]} {_why(node)}")
        for violation in violations
        for node in violation["nodes"][:4]
    ]


def _why(node: Mapping[str, object]) -> str:
    return str(node.get("failureSummary", "")).replace("\n", " ")[:200]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base_url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("pages", nargs="+", metavar="name=path")
    parser.add_argument("--cookie", action="append", default=[], metavar="name=value")
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--themes", default=",".join(THEMES))
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    given = parser.parse_args()
    cookies = dict(pair.split("=", 1) for pair in given.cookie)
    found = look(
        given.base_url,
        [Shot(*pair.split("=", 1), cookies=cookies) for pair in given.pages],
        given.folder,
        widths=[int(width) for width in given.widths.split(",")],
        themes=given.themes.split(","),
        languages=given.languages.split(","),
    )
    sys.stdout.writelines(f"{finding}\n" for finding in found)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
