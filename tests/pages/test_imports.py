"""An import in a real browser, with the real worker: what is seen on the way, on both sides (PPL-12)."""

import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import World, builders_scope, make_world, sign_in
from mainstay.project.testing.live_app import LiveApp
from tests.pages.shots import Shot, look
from tests.pages.test_portal import WORD, folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RIGHT = "E-Mail;Nombre;Rol;Idioma\n" + "".join(f"p{n}@acme.example;Peña {n};field;es\n" for n in range(300))
WRONG = f"{RIGHT}nobody;{WORD};boss;klingon\nana@acme.example;Ana;field;en\n"


def upload(page: "Page", where: str, content: str) -> str:
    """Through the columns to the end of the dry run."""
    page.goto(f"{where}/new")
    page.set_input_files(
        "input[type=file]",
        {"name": "people.csv", "mimeType": "text/csv", "buffer": content.encode("latin-1")},
    )
    page.get_by_role("button", name="Upload", exact=True).click()
    page.wait_for_url(re.compile(r"/imports/[0-9a-f-]{36}"))
    return page.url


def cookie(live_app: LiveApp, page: "Page", key: str) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": key, "url": live_app.url}])


@pytest.mark.timeout(600)
def test_an_import_on_both_sides(
    live_app: LiveApp, browser: "Browser", page: "Page", committed: None
) -> None:
    world: World = make_world()
    ana = sign_in(Client(), world.ana).cookies["sessionid"].value
    max_ = sign_in(Client(), world.max).cookies["sessionid"].value
    cookie(live_app, page, ana)
    here = "/support/people/imports"
    columns = upload(page, here, WRONG)
    wrong = upload(page, here, WRONG)
    page.get_by_role("button", name="Check every row").click()
    page.get_by_text("An import is all or nothing").wait_for()
    assert page.get_by_role("cell", name=re.compile("is no e-mail address")).count() == 1
    right = upload(page, here, RIGHT)
    page.get_by_role("button", name="Check every row").click()
    page.get_by_role("button", name="Import", exact=True).wait_for()
    done = upload(page, here, RIGHT)
    page.get_by_role("button", name="Check every row").click()
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("Everything is imported").wait_for()
    with builders_scope():
        assert Member.objects.filter(name__startswith="Peña").count() == 300
    paths = {
        "list": here,
        "new": f"{here}/new",
        "columns": columns,
        "wrong": wrong,
        "right": right,
        "done": done,
    }
    shots = [
        Shot(f"imports-{name}", path.removeprefix(live_app.url), {"sessionid": ana})
        for name, path in paths.items()
    ]
    cookie(live_app, page, max_)
    desk = {"desk-empty": "/desk/imports", "desk-new": "/desk/imports/new"}
    shots += [Shot(f"imports-{name}", path, {"sessionid": max_}) for name, path in desk.items()]
    found = look(
        live_app.url, shots, folder(), browser=browser, widths=(360,), themes=("light",), languages=("long",)
    )
    found += look(
        live_app.url, shots, folder(), browser=browser, widths=(1440,), themes=("dark",), languages=("es",)
    )
    if folder():
        found += look(live_app.url, shots, folder(), browser=browser, languages=("en",), themes=("light",))
    assert "\n".join(map(str, found)) == ""
