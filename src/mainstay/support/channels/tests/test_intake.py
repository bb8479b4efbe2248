"""CHN-1: a message becomes a ticket or a reply, or waits where a person sees it; none is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from mainstay.core.errors import Conflict, Forbidden, NotFound
from mainstay.core.events.models import Event
from mainstay.core.house.current import house
from mainstay.core.wall.scope import sweep
from mainstay.people.messages.models import Delivery, Suppression
from mainstay.people.messages.post import message_id
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import World, acting_as, make_world
from mainstay.support.channels.actions.intake import take_in_due
from mainstay.support.channels.actions.receive import keep_mail
from mainstay.support.channels.actions.triage import assign_mail, discard_mail, release_mail, restore_mail
from mainstay.support.channels.mime.tokens import reply_address
from mainstay.support.channels.models import InboundMail, RawMail
from mainstay.support.channels.queries import raw_mail as stored_raw
from mainstay.support.channels.queries import visible_mail
from mainstay.support.channels.rules import MAX_ATTEMPTS, SENDER_CAP, MailState
from mainstay.support.channels.tests.make import (
    FILES,
    NOW,
    inbound,
    keep,
    messages,
    raw_mail,
    receive,
    save_in_memory,
    tickets,
    verify_domain,
)
from mainstay.support.tickets.actions import change_status, share_ticket
from mainstay.support.tickets.models import Attachment, Ticket
from mainstay.support.tickets.rules import Severity, Status
from mainstay.support.tickets.tests.make import make_reply, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_a_members_mail_becomes_a_ticket_of_theirs(world: World) -> None:
    row = receive(raw_mail(files={"report.bin": b"123"}), at=NOW)
    (ticket,) = tickets()
    assert (row.state, row.ticket_id) == (MailState.TICKETED, ticket.id)
    assert (ticket.tenant_id, ticket.requester_id) == (world.acme.id, world.ana.id)
    assert (ticket.subject, ticket.severity, ticket.opened_at) == (
        "The pump report stays empty",
        Severity.P3,
        NOW,
    )
    (message,) = messages(ticket)
    assert message.body.strip() == "Since this morning."
    with sweep("take_in_mail"):
        file = Attachment.objects.get()
    assert (file.filename, file.message_id, FILES[file.storage_key]) == ("report.bin", message.id, b"123")


def test_the_raw_mail_stays_byte_by_byte(world: World) -> None:
    raw = raw_mail(body="äöü") + b"\x00\xff trailing rubbish"
    row = receive(raw)
    with acting_as(world.ari) as ari:
        assert stored_raw(ari, row.id) == raw
    with acting_as(world.gus) as gus, pytest.raises(NotFound):
        stored_raw(gus, row.id)


def test_the_same_mail_twice_is_one_ticket(world: World) -> None:
    raw = raw_mail()
    receive(raw)
    assert receive(raw).state == MailState.DUPLICATE
    assert len(tickets()) == 1


def test_one_message_id_with_other_words_is_another_mail(world: World) -> None:
    """Lesson 5: distinct mails reuse a Message-ID."""
    receive(raw_mail(body="one", message_id="<same@acme.example>"))
    receive(raw_mail(body="two", message_id="<same@acme.example>"))
    assert len(tickets()) == 2


def test_an_unknown_sender_waits_in_triage_and_keeps_the_arrival_time(world: World) -> None:
    row = receive(raw_mail("Somebody <new@elsewhere.example>"))
    assert (row.state, row.reasons) == (MailState.TRIAGE, ["unknown_sender"])
    assert tickets() == []
    later = NOW + timedelta(hours=5)
    with acting_as(world.ari) as ari:
        assign_mail(ari, row.id, world.acme.id, at=later)
    take_in_due(save_in_memory, later)
    (ticket,) = tickets()
    assert (ticket.tenant_id, ticket.opened_at) == (world.acme.id, NOW)
    assert (ticket.requester.email, ticket.requester.role) == ("new@elsewhere.example", "contact")
    with acting_as(world.ari) as ari, pytest.raises(Conflict):
        assign_mail(ari, row.id, world.globex.id, at=later)


def test_triage_is_for_support_staff_alone(world: World) -> None:
    row = receive(raw_mail("new@elsewhere.example"))
    for person in (world.ana, world.gus, world.cora):
        with acting_as(person) as actor, pytest.raises((Forbidden, NotFound)):
            assign_mail(actor, row.id, world.globex.id, at=NOW)
        with acting_as(person) as actor, pytest.raises(NotFound):
            visible_mail(actor, row.id)


def test_discarding_can_be_taken_back(world: World) -> None:
    row = receive(raw_mail("new@elsewhere.example"))
    with acting_as(world.ari) as ari:
        discard_mail(ari, row.id, at=NOW)
        assert restore_mail(ari, row.id, at=NOW).state == MailState.TRIAGE


def test_a_verified_domain_makes_a_contact_of_its_customer(world: World) -> None:
    verify_domain(world.globex, "globex-mail.example")
    receive(raw_mail("Nia Neu <nia@globex-mail.example>"))
    (ticket,) = tickets()
    assert (ticket.tenant_id, ticket.requester.name) == (world.globex.id, "Nia Neu")


def test_a_domain_that_two_customers_verified_decides_nothing(world: World) -> None:
    for tenant in (world.acme, world.globex):
        verify_domain(tenant, "shared.example")
    assert receive(raw_mail("x@shared.example")).state == MailState.TRIAGE


def test_somebody_known_at_two_customers_waits_for_a_person(world: World) -> None:
    with sweep("demo"):
        Member.objects.create(tenant=world.globex, email=world.ana.email, role="pm", created_at=NOW)
    assert receive(raw_mail()).reasons == ["sender_of_several_customers"]


class TestThreads:
    """Lesson 6: the whole chain and the signed token, and the sender is checked."""

    def reply_to(self, ticket: Ticket) -> str:
        return reply_address(settings.SECRET_KEY, house().mail_from, ticket.id)

    def test_the_signed_address_joins(self, world: World) -> None:
        ticket = make_ticket(world.ana)
        row = receive(raw_mail(body="more"), envelope_to=[self.reply_to(ticket)])
        assert (row.state, row.ticket_id) == (MailState.JOINED, ticket.id)
        assert messages(ticket)[-1].member_id == world.ana.id

    def test_our_own_message_id_in_references_joins(self, world: World) -> None:
        ticket = make_ticket(world.ana)
        ours = message_id("ticket.message", ticket.number, ticket.id)
        receive(raw_mail(body="more", headers={"References": f"<x@y.example> {ours} <z@y.example>"}))
        assert len(messages(ticket)) == 2

    def test_the_customers_own_first_mail_in_references_joins(self, world: World) -> None:
        receive(raw_mail(message_id="<first@acme.example>"))
        receive(raw_mail(body="more", headers={"In-Reply-To": "<first@acme.example>"}))
        (ticket,) = tickets()
        assert len(messages(ticket)) == 2

    def test_a_number_in_the_subject_joins_for_the_requester(self, world: World) -> None:
        ticket = make_ticket(world.ana)
        receive(raw_mail(subject=f"Re: pump [#{ticket.number}]", body="more"))
        assert len(messages(ticket)) == 2

    def test_a_colleague_without_a_right_to_see_it_opens_an_own_ticket(self, world: World) -> None:
        ticket = make_ticket(world.ana)
        row = receive(
            raw_mail("Felix <felix@acme.example>", subject=f"Re: pump [#{ticket.number}]", body="me too"),
        )
        assert (row.state, row.claimed_number) == (MailState.TICKETED, ticket.number)
        assert len(messages(ticket)) == 1

    @pytest.mark.parametrize("way", ["token", "subject"])
    def test_a_portal_user_never_gets_into_what_the_customer_shares(self, world: World, way: str) -> None:
        """People of the customer's own portal are on their own tickets only (PPL-5)."""
        ticket = make_ticket(world.ana)
        with acting_as(world.ana) as ana:
            share_ticket(ana, ticket.id, with_everybody=True, at=NOW)
        for person, joins in ((world.clara, False), (world.felix, way == "token")):
            subject = f"[#{ticket.number}]" if way == "subject" else f"hello from {person.name}"
            to = [self.reply_to(ticket)] if way == "token" else [house().mail_from]
            row = receive(raw_mail(person.email, subject=subject, body=person.name), envelope_to=to)
            assert (row.ticket_id == ticket.id) is joins, person

    @pytest.mark.parametrize("way", ["token", "references", "subject"])
    def test_another_customer_never_gets_into_a_ticket(self, world: World, way: str) -> None:
        ticket = make_ticket(world.ana)
        raw = raw_mail(
            "Gus <gus@globex.example>",
            subject=f"[#{ticket.number}]" if way == "subject" else "hello",
            headers={"References": message_id("ticket.message", ticket.number, ticket.id)}
            if way == "references"
            else {},
        )
        row = receive(raw, envelope_to=[self.reply_to(ticket)] if way == "token" else [])
        assert len(messages(ticket)) == 1
        assert row.ticket_id != ticket.id
        assert [t.tenant_id for t in tickets() if t.id != ticket.id] in ([], [world.globex.id])

    def test_a_stranger_with_the_signed_address_waits_in_triage(self, world: World) -> None:
        ticket = make_ticket(world.ana)
        row = receive(raw_mail("thief@evil.example"), envelope_to=[self.reply_to(ticket)])
        assert (row.state, row.claimed_number) == (MailState.TRIAGE, ticket.number)

    def test_a_forged_token_is_no_token(self, world: World) -> None:
        ticket = make_ticket(world.ana)
        forged = reply_address("another secret", house().mail_from, ticket.id)
        assert receive(raw_mail(body="x"), envelope_to=[forged]).state == MailState.TICKETED
        assert len(messages(ticket)) == 1

    def test_a_reply_to_a_closed_ticket_opens_a_linked_one(self, world: World) -> None:
        ticket = make_ticket(world.ana)
        with acting_as(world.ari) as ari:
            change_status(ari, ticket.id, Status.CLOSED, at=NOW)
        receive(raw_mail(body="it is back"), envelope_to=[self.reply_to(ticket)])
        (new,) = [t for t in tickets() if t.id != ticket.id]
        assert new.follow_up_of_id == ticket.id

    def test_a_reply_reopens_and_an_out_of_office_does_not(self, world: World) -> None:
        """Lesson 8."""
        ticket = make_ticket(world.ana)
        make_reply(ticket, world.ari)
        with acting_as(world.ari) as ari:
            change_status(ari, ticket.id, Status.RESOLVED, at=NOW)
        away = raw_mail(body="I am away", headers={"Auto-Submitted": "auto-replied"})
        receive(away, envelope_to=[self.reply_to(ticket)])
        assert tickets(id=ticket.id)[0].status == Status.RESOLVED
        assert messages(ticket)[-1].is_automatic
        receive(raw_mail(body="no, still broken"), envelope_to=[self.reply_to(ticket)])
        assert tickets(id=ticket.id)[0].status == Status.OPEN


def test_a_machines_mail_about_nothing_is_set_aside(world: World) -> None:
    row = receive(raw_mail(headers={"Auto-Submitted": "auto-generated"}))
    assert row.state == MailState.SET_ASIDE
    assert tickets() == []


def test_a_bounce_of_a_mail_we_sent_stops_that_address_and_a_made_up_one_does_not(world: World) -> None:
    ticket = make_ticket(world.ana)
    with sweep("send_mail"):
        sent = Delivery.objects.create(
            tenant=world.acme,
            kind="ticket.message",
            email="felix@acme.example",
            ticket_id=ticket.id,
            language="en",
            subject="x",
            text="x",
            created_at=NOW,
        )
    for recipient, original in (
        ("felix@acme.example", message_id("ticket.message", ticket.number, sent.id)),
        ("gus@globex.example", message_id("ticket.message", ticket.number, ticket.id)),
    ):
        assert receive(bounce(recipient, original)).state == MailState.BOUNCE
    with sweep("send_mail"):
        assert list(Suppression.objects.values_list("email", flat=True)) == ["felix@acme.example"]
    assert len(tickets()) == 1


def bounce(recipient: str, original_message_id: str) -> bytes:
    return (
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: support@mainstay.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n"
        f"Message-ID: <{abs(hash(recipient))}@mx.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Message-ID: {original_message_id}\r\nSubject: x\r\n\r\nx\r\n--b--\r\n"
    ).encode()


def test_one_senders_flood_is_held_where_a_person_sees_it(world: World) -> None:
    for number in range(SENDER_CAP):
        receive(raw_mail(body=f"mail {number}", subject=f"subject {number}"))
    row = receive(raw_mail(body="one more", subject="one more"))
    assert (row.state, row.reasons) == (MailState.HELD, ["sender_cap"])
    with acting_as(world.ari) as ari:
        release_mail(ari, row.id, at=NOW)
    take_in_due(save_in_memory, NOW)
    assert inbound(row.id).state == MailState.TICKETED


def test_a_failed_dmarc_check_of_our_own_server_keeps_a_forged_sender_out(
    world: World, settings: Any
) -> None:
    settings.MAINSTAY_MAIL_VERDICTS_FROM = ("mx.mainstay.example",)
    ticket = make_ticket(world.ana)
    verdict = {"Authentication-Results": "mx.mainstay.example; dmarc=fail header.from=acme.example"}
    for raw in (
        raw_mail(headers=verdict),
        raw_mail(subject=f"[#{ticket.number}]", headers=verdict),
        raw_mail(
            body="r", headers=verdict | {"References": message_id("ticket.message", ticket.number, ticket.id)}
        ),
    ):
        row = receive(raw)
        assert (row.state, row.authentication["dmarc"]) == (MailState.TRIAGE, "fail")
    assert len(messages(ticket)) == 1


def test_an_over_long_subject_is_cut_and_marked_never_refused(world: World) -> None:
    receive(raw_mail(subject="x" * 900))
    (ticket,) = tickets()
    assert len(ticket.subject) == 300
    assert "subject_shortened" in messages(ticket)[0].marks


def test_an_empty_mail_is_a_ticket_too(world: World) -> None:
    receive(b"From: ana@acme.example\r\n\r\n")
    (ticket,) = tickets()
    assert ticket.subject == "–"


def test_a_mail_that_fails_is_tried_again_then_quarantined_and_stops_nobody(world: World) -> None:
    def full(*_: object) -> None:
        raise OSError("disk full")

    bad = keep(raw_mail(files={"a.bin": b"1"}))
    good = keep(raw_mail(body="other"))
    moment = NOW
    for _attempt in range(MAX_ATTEMPTS + 1):
        take_in_due(full, moment)  # type: ignore[arg-type]
        moment += timedelta(hours=1)
    assert inbound(good).state == MailState.TICKETED
    assert (inbound(bad).state, inbound(bad).error) == (MailState.QUARANTINED, "OSError: disk full")
    with acting_as(world.ari) as ari:
        release_mail(ari, bad, at=moment)
    take_in_due(save_in_memory, moment)
    assert inbound(bad).state == MailState.TICKETED


def test_a_mail_that_kills_the_process_each_time_ends_in_quarantine(world: World) -> None:
    """Attempts are counted before the work."""

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    bad = keep(raw_mail(files={"a.bin": b"1"}))
    moment = NOW
    for _attempt in range(MAX_ATTEMPTS):
        with pytest.raises(Killed):
            take_in_due(die, moment)  # type: ignore[arg-type]
        moment += timedelta(hours=1)
    take_in_due(die, moment)  # type: ignore[arg-type]
    assert inbound(bad).state == MailState.QUARANTINED


def test_the_doors_role_leaves_mail_and_reads_none(world: World) -> None:
    keep(raw_mail())
    from django.db import ProgrammingError, transaction

    for model in (InboundMail, RawMail):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            model.objects.count()


def test_the_null_envelope_of_smtp_means_a_machine_wrote(world: World) -> None:
    """RFC 5321: bounces and replies of machines come with MAIL FROM:<>, and no Return-Path yet."""
    mail_id = keep_mail(raw_mail(), door="smtp", at=NOW, mailbox=house().mail_from)
    take_in_due(save_in_memory, NOW)
    assert inbound(mail_id).state == MailState.SET_ASIDE
    assert tickets() == []


def test_a_suspended_members_mail_waits_even_where_their_domain_is_verified(world: World) -> None:
    verify_domain(world.acme, "acme.example")
    with sweep("demo"):
        Member.objects.filter(id=world.ana.id).update(state="suspended")
    row = receive(raw_mail())
    assert (row.state, row.reasons) == (MailState.TRIAGE, ["sender_suspended"])


def test_the_same_words_again_join_the_first_ticket(world: World) -> None:
    """TKT-12: a likely repeat joins as a message, so an auto-responder that hides cannot loop with us."""
    first = receive(raw_mail(message_id="<1@acme.example>"))
    again = receive(raw_mail(message_id="<2@acme.example>"), at=NOW + timedelta(minutes=2))
    assert (again.state, again.ticket_id, again.reasons) == (
        MailState.JOINED,
        first.ticket_id,
        ["likely_repeat"],
    )
    photo = receive(raw_mail(message_id="<5@acme.example>", files={"photo": b"1"}))
    another = receive(raw_mail(message_id="<6@acme.example>", files={"photo": b"2"}))
    assert [photo.state, another.state] == [MailState.TICKETED] * 2
    assert (
        receive(raw_mail(message_id="<7@acme.example>", files={"photo": b"1"})).ticket_id == photo.ticket_id
    )
    other = receive(raw_mail(message_id="<3@acme.example>", body="other words"))
    late = receive(raw_mail(message_id="<4@acme.example>"), at=NOW + timedelta(minutes=30))
    assert [other.state, late.state] == [MailState.TICKETED] * 2


def test_the_cap_of_a_sender_counts_every_spelling(world: World) -> None:
    for number in range(SENDER_CAP):
        receive(raw_mail("Ana <ANA@Acme.Example>", body=f"mail {number}", subject=f"subject {number}"))
    assert receive(raw_mail("ana@acme.example", body="one more", subject="one more")).state == MailState.HELD


def test_a_message_id_of_our_form_that_we_never_sent_joins_nothing(world: World) -> None:
    ticket = make_ticket(world.felix)
    made_up = message_id("ticket.message", ticket.number, world.ana.id)
    row = receive(raw_mail(body="guessed", headers={"References": made_up}))
    assert (row.state, len(messages(ticket))) == (MailState.TICKETED, 1)


def test_of_several_authors_none_is_vouched_for(world: World, settings: Any) -> None:
    settings.MAINSTAY_MAIL_VERDICTS_FROM = ("mx.mainstay.example",)
    raw = raw_mail(headers={"Authentication-Results": "mx.mainstay.example; dmarc=pass"})
    assert receive(raw).state == MailState.TICKETED
    both = raw.replace(b"From: Ana <ana@acme.example>", b"From: ana@acme.example, x@evil.example")
    assert receive(both.replace(b"Since this", b"And this")).state == MailState.TRIAGE


def test_one_mail_for_two_addresses_of_one_mailbox_is_one(world: World) -> None:
    ticket = make_ticket(world.ana)
    token = reply_address(settings.SECRET_KEY, house().mail_from, ticket.id)
    raw = raw_mail(body="to both", subject=f"[#{ticket.number}]")
    states = []
    for to in (token, house().mail_from):
        mail_id = keep_mail(raw, door="test", at=NOW, mailbox=to, envelope_to=[to])
        take_in_due(save_in_memory, NOW)
        states.append(inbound(mail_id).state)
    assert states == [MailState.JOINED, MailState.DUPLICATE]


def test_a_bounce_of_the_address_ours_was_forwarded_to_is_noted_and_silences_nobody(world: World) -> None:
    ticket = make_ticket(world.ana)
    sent = a_delivery(world, ticket)
    receive(bounce("ana@private.example", message_id("ticket.message", ticket.number, sent.id)))
    with sweep("send_mail"):
        assert not Suppression.objects.exists()
        assert Event.objects.filter(name="mail.bounced", subject_id=ticket.id).count() == 1


def a_delivery(world: World, ticket: Ticket) -> Delivery:
    with sweep("send_mail"):
        return Delivery.objects.create(
            tenant=world.acme,
            kind="ticket.message",
            email="ana@acme.example",
            ticket_id=ticket.id,
            language="en",
            subject="x",
            text="x",
            created_at=NOW,
        )


@pytest.mark.parametrize("status", ["5.2.2", "5.3.4", "5.7.1"])
def test_a_full_mailbox_or_a_filter_silences_nobody(world: World, status: str) -> None:
    ticket = make_ticket(world.ana)
    sent = a_delivery(world, ticket)
    raw = bounce("ana@acme.example", message_id("ticket.message", ticket.number, sent.id))
    assert receive(raw.replace(b"5.1.1", status.encode())).state == MailState.BOUNCE
    with sweep("send_mail"):
        assert not Suppression.objects.exists()


def test_a_device_without_message_id_and_date_is_heard_every_day(world: World) -> None:
    alarm = raw_mail(subject="Alarm", body="Pump 3")
    alarm = b"\n".join(line for line in alarm.split(b"\n") if not line.startswith(b"Message-ID"))
    states = [receive(alarm, at=NOW + timedelta(hours=h)).state for h in (0, 0, 24)]
    assert states == [MailState.TICKETED, MailState.DUPLICATE, MailState.TICKETED]


def test_one_message_id_on_another_date_is_another_mail(world: World) -> None:
    first = raw_mail(message_id="<0@device.example>", headers={"Date": "Mon, 2 Mar 2026 09:00:00 +0000"})
    receive(first)
    assert receive(first).state == MailState.DUPLICATE
    again = receive(first.replace(b"Mon, 02 Mar", b"Tue, 03 Mar"), at=NOW + timedelta(days=1))
    assert again.state == MailState.TICKETED


def test_the_people_of_another_installation_are_heard_and_its_machines_are_not_answered(world: World) -> None:
    theirs = {"X-Mainstay": "ticket.message; other.example"}
    assert receive(raw_mail(headers=theirs)).state == MailState.TICKETED
    machine = {"X-Mainstay": "ticket.confirmation; other.example", "Auto-Submitted": "auto-replied"}
    assert receive(raw_mail(headers=machine, body="received")).state == MailState.SET_ASIDE
    ours = {"X-Mainstay": f"ticket.message; {house().mail_from.rpartition('@')[2]}"}
    assert receive(raw_mail(headers=ours, body="ours")).reasons == ["own_header"]
