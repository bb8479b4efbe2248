"""The pages of an import, on both sides (PPL-12)."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mainstay.core import clock
from mainstay.integrations.imports.jobs import run_imports
from mainstay.integrations.imports.models import ImportRun
from mainstay.integrations.imports.rules import State
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import World, builders_scope, make_world, sign_in

pytestmark = pytest.mark.django_db
LIST = "/support/people/imports"
PEOPLE = "E-Mail;Nombre;Rol;Color\nrosa@acme.example;Rosa Núñez;field;red\nno address;=HYPERLINK(1);boss;\n"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def ana(world: World) -> Client:
    return sign_in(Client(), world.ana)


def send(client: Client, content: bytes | str, where: str = LIST, **more: str) -> str:
    """Uploaded; the address of the import's page."""
    data = content.encode() if isinstance(content, str) else content
    answer = client.post(f"{where}/new", {"file": SimpleUploadedFile("staff.csv", data), **more})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def work() -> None:
    while run_imports(clock.now(), 1):
        pass


def mapped(*keys: str) -> dict[str, str]:
    return {"do": "check", **{f"column_{index}": key for index, key in enumerate(keys)}}


def run_of(page: str) -> ImportRun:
    with builders_scope():
        return ImportRun.objects.get(id=page.rpartition("/")[2])


def test_from_file_to_people(ana: Client) -> None:
    empty = ana.get(LIST).content.decode()
    assert "Nothing imported yet" in empty
    page = send(ana, PEOPLE.encode("latin-1"))
    shown = ana.get(page).content.decode()
    assert "Rosa Núñez" in shown
    assert '<option value="cp1252" selected>' in shown
    assert '<option value="email" selected>' in shown
    assert ana.post(page, mapped("email", "name", "role", "")).status_code == 302
    assert "Rows checked" in ana.get(page).content.decode()
    assert "HX-Refresh" not in ana.get(f"{page}/progress").headers
    work()
    assert ana.get(f"{page}/progress")["HX-Refresh"] == "true"
    shown = ana.get(page).content.decode()
    assert "E-mail “no address”: is no e-mail address" in shown
    assert 'value="apply"' not in shown
    ana.post(page, {"do": "without"})
    work()
    shown = ana.get(page).content.decode()
    assert 'value="apply"' in shown
    ana.post(page, {"do": "apply"})
    assert "1 row is being written" in ana.get(page).content.decode()
    work()
    assert "Everything is imported" in ana.get(page).content.decode()
    with builders_scope():
        assert Member.objects.get(email="rosa@acme.example").name == "Rosa Núñez"
    listed = ana.get(LIST).content.decode()
    assert "staff.csv" in listed
    assert "Ana" in listed


def test_the_wrong_rows_come_back_as_a_file_that_runs_nothing(ana: Client) -> None:
    page = send(ana, PEOPLE)
    assert ana.get(f"{page}/errors.csv").status_code == 404
    ana.post(page, mapped("email", "name", "role", ""))
    work()
    answer = ana.get(f"{page}/errors.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["E-Mail", "Nombre", "Rol", "Color", "row", "error"]
    assert rows[1][:5] == ["no address", "'=HYPERLINK(1)", "boss", "", "3"]
    assert "is no e-mail address" in rows[1][5]
    assert "is none of: owner" in rows[1][5]


def test_another_encoding_is_looked_at_before_anything_is_checked(ana: Client) -> None:
    page = send(ana, PEOPLE.encode("cp850"))
    assert "Rosa Núñez" not in ana.get(page).content.decode()
    ana.post(page, {"do": "look", "encoding": "cp850", "delimiter": ";"})
    assert "Rosa Núñez" in ana.get(page).content.decode()
    assert ana.post(page, {"do": "look", "encoding": "morse", "delimiter": ";"}).status_code == 422


def test_what_is_chosen_is_told_where_it_is_wrong(ana: Client) -> None:
    page = send(ana, PEOPLE)
    answer = ana.post(page, mapped("name", "name", "", ""))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Name: is chosen for two columns" in text
    assert "E-mail: is needed: say which column it is" in text
    assert ana.post(page, mapped("plan", "", "", "")).status_code == 422
    assert ana.post(page, {"do": "dance"}).status_code == 400


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "save it as CSV"),
        (b"email\n", "no rows below"),
        (b"\x00\x01\x02" * 5000, "no text file"),
        (b"%PDF-1.4", "PDF document"),
    ],
)
def test_other_files_are_refused_in_words(ana: Client, content: bytes, words: str) -> None:
    answer = ana.post(f"{LIST}/new", {"file": SimpleUploadedFile("staff.csv", content)})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    with builders_scope():
        assert not ImportRun.objects.exists()


def test_an_empty_or_too_large_file(ana: Client, settings: object) -> None:
    answer = ana.post(f"{LIST}/new", {"file": SimpleUploadedFile("staff.csv", b"")})
    assert answer.status_code == 422
    assert ana.post(f"{LIST}/new", {}).status_code == 422
    settings.MAINSTAY_MAX_IMPORT_BYTES = 1024 * 1024  # type: ignore[attr-defined]
    large = b"email\n" + b"rosa@acme.example\n" * 60_000
    answer = ana.post(f"{LIST}/new", {"file": SimpleUploadedFile("staff.csv", large)})
    assert (answer.status_code, b"at most 1 MB" in answer.content) == (422, True)


def test_only_who_manages_people(world: World) -> None:
    for person in (world.felix, world.clara):
        client = sign_in(Client(), person)
        assert client.get(LIST).status_code == 403
        assert client.get(f"{LIST}/new").status_code == 403
        file = SimpleUploadedFile("staff.csv", PEOPLE.encode())
        assert client.post(f"{LIST}/new", {"file": file}).status_code == 403


def test_the_desk_is_the_administrators(world: World) -> None:
    for person in (world.ari, world.cora):
        assert sign_in(Client(), person).get("/desk/imports").status_code == 403
    client = sign_in(Client(), world.max)
    assert client.get("/desk/imports").status_code == 200
    page = send(client, "name;plan;owner_email\nÍndigo;free;a@b.example\n", "/desk/imports", kind="customers")
    assert client.post(page, mapped("name", "plan", "owner_email")).status_code == 302
    work()
    client.post(page, {"do": "apply"})
    work()
    assert run_of(page).state == State.APPLIED
    for kind in ("customers", "people", "history"):
        template = client.get(f"/desk/imports/template.csv?kind={kind}").content.decode("utf-8-sig")
        assert len(list(csv.reader(io.StringIO(template)))) >= 2


def test_an_open_file_can_be_cancelled_and_stays_so(ana: Client) -> None:
    page = send(ana, PEOPLE)
    ana.post(page, {"do": "cancel"})
    assert "Nothing of this file was imported" in ana.get(page).content.decode()
    assert ana.post(page, {"do": "apply"}, follow=True).status_code == 200
    assert run_of(page).state == State.CANCELLED
    assert ana.post(page, mapped("email", "name", "role", "")).status_code in (409, 422)
