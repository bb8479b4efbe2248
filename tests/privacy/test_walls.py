"""What an export holds depends on who asks: it opens no wall (PPL-11)."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import reverse

from mainstay.core import clock
from mainstay.core.actor import Role
from mainstay.core.storage.files import open_stored
from mainstay.integrations.imports.models import ImportRow, ImportRun
from mainstay.integrations.imports.rules import Kind
from mainstay.integrations.imports.tests.make import checked
from mainstay.people.access.models import Membership, OpenSession
from mainstay.people.messages.actions import Mail, queue_mail
from mainstay.people.messages.models import Delivery
from mainstay.people.privacy import jobs
from mainstay.people.privacy.actions import ask_erasure, ask_export
from mainstay.people.privacy.models import PrivacyRequest
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import (
    World,
    acting_as,
    builders_scope,
    make_member,
    make_user,
    make_world,
    sign_in,
)
from mainstay.support.channels.models import InboundMail, RawMail
from mainstay.support.tickets.models import Ticket
from mainstay.support.tickets.tests.make import make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world()
    for person in (made.ana, made.gus, made.max, made.clara):
        make_user(person)
    return made


def exported(asker: Any, member_id: UUID) -> tuple[PrivacyRequest, str]:
    with acting_as(asker) as actor:
        request = ask_export(actor, member_id, at=clock.now())
    jobs.carry_out.task.func(row_id=str(request.id))
    with builders_scope():
        request = PrivacyRequest.objects.get(id=request.id)
    content = b"".join(open_stored(request.storage_key))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return request, "\n".join(archive.read(name).decode() for name in archive.namelist())


def contact(world: World, email: str, name: str) -> Member:
    """As Globex's own administrators add one: under any address and any name."""
    with builders_scope():
        made = make_member(world.globex, name, Role.CONTACT, email=email)
        Member.objects.filter(id=made.id).update(joined_at=None)
    return made


def post(world: World, to: Any, tenant_id: UUID | None) -> None:
    mail = Mail(
        kind="notices.digest", email=to.email, person_id=to.id, language="en", tenant_id=tenant_id,
        subject="Ticket of Acme", text="what nobody else reads",
    )  # fmt: skip
    with builders_scope():
        queue_mail([mail], at=clock.now())


def test_a_contact_under_the_address_of_staff_gets_no_mail_of_theirs(world: World) -> None:
    post(world, world.ari, None)
    post(world, world.ari, world.globex.id)
    _request, found = exported(world.gus, contact(world, world.ari.email, "Ari").id)
    assert "nobody else reads" not in found


def test_a_contact_named_as_another_customer_gets_no_row_of_theirs(world: World) -> None:
    rows = "customer,email,name,role\nacme,new@acme.example,Works for Initech Industries,field\n"
    checked(world.max, Kind.PEOPLE, rows)
    _request, found = exported(world.gus, contact(world, "a@b.example", "Initech Industries").id)
    assert "new@acme.example" not in found


def test_erasing_such_a_contact_leaves_what_is_the_operators(world: World) -> None:
    post(world, world.ari, None)
    post(world, world.ari, world.globex.id)
    with builders_scope():
        mail = InboundMail.objects.create(
            door="smtp", mailbox="support@mainstay.example", from_email=world.ari.email, subject="To be read",
            kind="person", received_at=clock.now(), state="triage", size=3,
        )  # fmt: skip
        RawMail.objects.create(id=mail.id, content=b"x", received_at=mail.received_at)
    made = contact(world, world.ari.email, "nobody else")
    with acting_as(world.gus) as gus:
        request = ask_erasure(gus, made.id, wording="erased", confirmation=made.email, at=clock.now())
    jobs.carry_out.task.func(row_id=str(request.id))
    with builders_scope():
        mails = Delivery.objects.filter(email=world.ari.email, subject="Ticket of Acme")
        assert mails.count() == 2
        assert mails.get(tenant_id=None).text == "what nobody else reads"
        assert RawMail.objects.filter(id=mail.id).exists()
        assert InboundMail.objects.get(id=mail.id).state == "triage"


def test_the_operator_exports_nothing_of_the_customers_own_queue(world: World) -> None:
    theirs = make_ticket(world.clara, "The gate of our own hall")
    ours = make_ticket(world.clara, "The product is down", is_platform_issue=True)
    with builders_scope():
        assert [Ticket.objects.get(id=t.id).audience for t in (theirs, ours)] == ["tenant", "operator"]
    request, found = exported(world.max, world.clara.id)
    assert "our own hall" not in found
    assert "The product is down" in found
    assert "our own hall" in exported(world.clara, world.clara.id)[1]
    assert "our own hall" in exported(world.ana, world.clara.id)[1]
    assert request


def test_each_side_fetches_what_it_asked_for(world: World) -> None:
    by_staff, _found = exported(world.max, world.clara.id)
    by_ana, _found = exported(world.ana, world.clara.id)
    ana, max_ = sign_in(Client(), world.ana), sign_in(Client(), world.max)
    for client, page, mine, other in (
        (ana, "support_privacy_download", by_ana, by_staff),
        (max_, "desk_privacy_download", by_staff, by_ana),
    ):
        answer = client.post(reverse(page, args=[mine.id]))
        assert (answer.status_code, answer.getvalue()[:2]) == (200, b"PK")
        assert client.post(reverse(page, args=[other.id])).status_code == 404


def test_sessions_on_another_customers_seat_stay_there(world: World) -> None:
    with builders_scope():
        there = make_member(world.globex, "Félix", Role.PM, email=world.felix.email)
    for person in (world.felix, there):
        make_user(person)
        sign_in(Client(), person)
    agents = {world.felix.id: "here", there.id: "elsewhere"}
    for session in OpenSession.objects.all():
        seat = SessionStore(session.session_key)["membership"]
        session.agent = agents[Membership.objects.get(id=seat).member_id]
        session.save()
    _request, found = exported(world.ana, world.felix.id)
    assert '"agent": "here"' in found
    assert "elsewhere" not in found


def test_no_name_that_somebody_was_given_erases_what_is_the_operators(world: World) -> None:
    rows = "customer,email,name,role\nacme,new@acme.example,Works for Initech Industries,field\n"
    run = checked(world.max, Kind.PEOPLE, rows)
    with builders_scope():
        doomed = make_member(world.globex, "Initech Industries", Role.FIELD)
        mail = InboundMail.objects.create(
            door="smtp", mailbox="support@mainstay.example", from_email="boss@initech.example", kind="person",
            subject="From Initech Industries", received_at=clock.now(), state="set_aside", size=3,
        )  # fmt: skip
        RawMail.objects.create(id=mail.id, content=b"x", received_at=mail.received_at)
    with acting_as(world.gus) as gus:
        request = ask_erasure(gus, doomed.id, wording="erased", confirmation=doomed.email, at=clock.now())
    jobs.carry_out.task.func(row_id=str(request.id))
    with builders_scope():
        assert ImportRow.objects.filter(run_id=run.id).count() == 1
        assert ImportRun.objects.get(id=run.id).storage_key == run.storage_key
        assert RawMail.objects.filter(id=mail.id).exists()
