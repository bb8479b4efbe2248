import re

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings

from mainstay.core.errors import Conflict, Invalid
from mainstay.shell.answers import forget_draft, with_toast
from mainstay.shell.context import build_chrome, plain_chrome
from mainstay.shell.pages import error_page, problem_page

pytestmark = pytest.mark.urls("mainstay.shell.tests.gallery_urls")
STATUSES = [400, 403, 404, 409, 413, 429, 500, 503]


@pytest.mark.parametrize("status", STATUSES)
def test_an_error_page_says_what_happened_what_was_kept_and_what_to_do(status: int) -> None:
    request = RequestFactory().get("/x")
    request.request_id = "req-7"
    answer = error_page(request, status)
    text = answer.content.decode()
    assert answer.status_code == status
    assert f"Error {status}" in text
    assert text.count("<dd") == 3
    assert "req-7" in text


def test_a_problem_keeps_its_own_words_and_names_the_fields() -> None:
    request = RequestFactory().get("/x")
    assert b"This no longer fits" in problem_page(request, Conflict()).content
    answer = problem_page(request, Invalid("No.", fields={"subject": ["<too long>"]}))
    assert answer.status_code == 422
    assert b"No. subject: &lt;too long&gt;" in answer.content


@override_settings(MAINSTAY_CHROME="mainstay.shell.tests.test_pages.broken_chrome")
def test_error_pages_need_nothing_that_may_have_failed() -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/nowhere").status_code == 404


def broken_chrome(request: object) -> None:
    raise RuntimeError("the database is away")


def test_a_chosen_theme_is_kept_and_can_be_given_back() -> None:
    client = Client()
    answer = client.post("/preferences", {"theme": "dark", "next": "/gallery/portal?x=1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/gallery/portal?x=1")
    assert 'data-theme="dark"' in client.get("/gallery/portal").content.decode()
    client.post("/preferences", {"theme": ""})
    assert "data-theme=" not in client.get("/gallery/portal").content.decode()


def test_a_chosen_language_is_kept() -> None:
    client = Client()
    client.post("/preferences", {"language": "es", "next": "/"})
    assert '<html lang="es"' in client.get("/gallery/portal").content.decode()


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test", "javascript:alert(1)", "\\\\evil.test"]
)
def test_preferences_never_lead_elsewhere(target: str) -> None:
    answer = Client().post("/preferences", {"theme": "dark", "next": target})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("value", ["<script>", "", "Mars/Base", "../../etc/passwd"])
def test_an_unknown_zone_from_the_browser_is_ignored(value: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["mainstay_zone"] = value
    assert plain_chrome(request).zone == "UTC"


def test_the_zone_of_the_browser_is_the_readers() -> None:
    request = RequestFactory().get("/")
    request.COOKIES["mainstay_zone"] = "America%2FArgentina%2FBuenos_Aires"
    assert build_chrome(request).zone == "America/Argentina/Buenos_Aires"


@pytest.mark.parametrize("layout", ["admin", "desk", "split", "portal", "plain"])
def test_pages_need_no_inline_script_or_style(layout: str) -> None:
    page = Client().get(f"/gallery/{layout}").content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page)


def test_answers_speak_to_the_scripts() -> None:
    answer = with_toast(forget_draft(HttpResponse(), "reply:7 ñ"), "Añadido")
    assert answer.cookies["mainstay_sent"].value == "reply%3A7%20%C3%B1"
    assert "A\\u00f1adido" in answer.headers["HX-Trigger"]
