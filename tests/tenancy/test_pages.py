"""Every page × the wrong side, × another customer's object; and an error after the write behind every form.

A page is found by its address: a new one without its row in these tables fails the suite.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from mainstay.core import clock
from mainstay.core.actor import ActorKind
from mainstay.core.schedules.running import queue_due
from mainstay.core.secrets import seal
from mainstay.core.storage.files import NewFile, save
from mainstay.integrations.imports.rules import Kind
from mainstay.integrations.imports.tests.make import upload
from mainstay.people.access import doors
from mainstay.people.access.models import (
    ApiKey,
    DomainClaim,
    OpenSession,
    OperatorKey,
    Provider,
    ProviderLink,
    StaffProvider,
    StaffProviderLink,
)
from mainstay.people.access.tests.factors import SECRET, kept_passkey, present_code
from mainstay.people.access.tests.softkey import SoftKey
from mainstay.people.messages.actions import Mail, queue_mail, suppress
from mainstay.people.messages.models import Delivery, Notice
from mainstay.people.privacy.models import PrivacyRequest
from mainstay.people.tenants.models import VerifiedDomain
from mainstay.people.tenants.tests.make import (
    BEGINNING,
    Person,
    World,
    acting_as,
    builders_scope,
    make_world,
    sign_in,
)
from mainstay.support.channels.models import InboundMail, Mailbox, RawMail
from mainstay.support.sla.tests.make import install
from mainstay.support.tickets.actions import change_status, share_ticket
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.rules import Status
from mainstay.support.tickets.tests.make import OPENED_AT, make_note, make_ticket
from tests.api.cast import Things, make_things
from tests.api.test_undo import contents

# Open to whoever comes: each of these asks for its own proof (a password, a token), or changes a cookie.
PUBLIC = frozenset(
    {
        "home", "preferences", "sign_in", "account_login", "sign_in_ask_link", "sign_in_link", "sign_out", "switch",
        "password_reset", "password_set", "password_change", "invitation", "first_admin", "sign_in_offers",
        "sign_in_organisation", "sign_in_staff", "sign_in_at", "sso_start", "sso_callback", "healthz", "readyz",
        "gallery", "gallery_layout", "openapi", "stop_mails",
        "sign_in_second",
        "sign_in_second_options", "sign_in_passkey", "sign_in_passkey_options", "account_confirm",
        "account_confirm_options",
        "mail_inbound", "mail_events",
        "mail_inbound_mime",
    }
)  # fmt: skip
READ_ONLY = frozenset(
    {
        "download", "support_tickets", "support_expected", "support_sla", "support_news", "support_people",
        "support_queue", "support_logo", "support_brand_styles",
        "support_keys", "support_audit", "support_audit_csv", "support_audit_jsonl",
        "desk_queue", "desk_find", "desk_new",
        "desk_ticket", "desk_thread", "desk_timeline", "desk_customers", "desk_customer", "desk_staff",
        "desk_audit", "desk_audit_csv", "desk_audit_jsonl",
        "desk_keys", "desk_triage", "desk_mail", "desk_mail_raw",
        "desk_outbox", "desk_delivery", "account_security", "account_single_sign_on", "support_sso", "desk_sso",
        "desk_imports", "desk_import_template", "desk_import_progress", "desk_import_errors",
        "support_imports", "support_import_template", "support_import_progress", "support_import_errors",
        "account_notifications", "account_bell", "account_notice_open",
        "desk_mailboxes", "desk_mailbox_state",
        "account_passkey_options",
        "webhooks", "webhook", "webhook_delivery",
        "desk_schedules", "desk_system", "support_privacy", "desk_privacy",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """Acme's things, one for each kind of address."""

    things: Things
    resolved: Ticket
    note: Message
    """Written by Max."""
    mail: InboundMail
    mails: dict[str, InboundMail]
    """For a page that decides about a mail."""
    delivery: Delivery
    mailbox: Mailbox
    domain: VerifiedDomain
    provider: Provider
    staff_provider: StaffProvider
    claim: DomainClaim
    import_id: UUID
    own_import_id: UUID
    """Of the operator and of Acme's own."""
    notice: Notice
    """Ana's."""

    export_id: UUID
    staff_export_id: UUID
    """Ana's personal data, ready to be fetched by the side that asked for it."""

    @property
    def read_at(self) -> str:
        """When Ana last read it."""
        with builders_scope():
            read_at = Notice.objects.get(id=self.notice.id).read_at
        return read_at.isoformat() if read_at else ""

    passkey_id: int
    """Ana's."""

    @property
    def key(self) -> ApiKey:
        with builders_scope():
            return ApiKey.objects.get(tenant_id=self.things.world.acme.id)

    @property
    def operator_key(self) -> OperatorKey:
        with builders_scope():
            return OperatorKey.objects.get()


def make_rows() -> Rows:
    install()
    queue_due(clock.now(), 20)
    things = make_things(make_world())
    world = things.world
    resolved = make_ticket(world.ana)
    with acting_as(world.ari) as actor:
        change_status(actor, resolved.id, Status.RESOLVED, at=OPENED_AT)
    with acting_as(world.ana) as actor:
        share_ticket(actor, things.ticket.id, member_id=world.felix.id, at=OPENED_AT)
    note = make_note(things.ticket, world.max)
    run, own_run = upload(world.max, Kind.PEOPLE, CSV), upload(world.ana, Kind.PEOPLE, CSV)
    passkey_id = kept_passkey(world.ana)
    archive = save(world.acme.id, "personal-data.zip", io.BytesIO(b"PK"))
    with builders_scope():
        letter = Mail(
            kind="ticket.reply", email="sam@acme.example", subject="Re", text="We look.", language="en"
        )
        queue_mail([letter], at=clock.now())
        Delivery.objects.update(state="failed", next_at=None)
        suppress("sam@acme.example", reason="bounced", at=clock.now())
        return Rows(
            things,
            resolved,
            note,
            make_mail("triage"),
            {
                "desk_mail_release": make_mail("held"),
                "desk_mail_restore": make_mail("discarded"),
                "desk_mail_discard": make_mail("triage"),
            },
            Delivery.objects.get(),
            Mailbox.objects.create(
                name="Support",
                kind="imap",
                address="support@mainstay.example",
                created_at=BEGINNING,
                start_at=BEGINNING,
            ),
            VerifiedDomain.objects.create(tenant=world.acme, domain="acme.example", verified_at=BEGINNING),
            *make_providers(world),
            run.id,
            own_run.id,
            Notice.objects.create(
                tenant=world.acme,
                member=world.ana,
                kind="security.changed",
                channel="email",
                link="/support",
                created_at=BEGINNING,
            ),
            make_export(world, archive, ActorKind.MEMBER, world.ana),
            make_export(world, archive, ActorKind.STAFF, world.max),
            passkey_id,
        )


def make_providers(world: World) -> tuple[Provider, StaffProvider, DomainClaim]:
    """With somebody linked to each."""
    columns = {"issuer": "https://id.example", "client_id": "x", "is_enabled": True, "created_at": BEGINNING}
    provider = Provider.objects.create(tenant=world.acme, name="Acme ID", **columns)
    linked = {"provider": provider, "subject": "s", "created_at": BEGINNING}
    for member in (world.ana, world.felix):
        ProviderLink.objects.create(tenant=world.acme, member=member, **{**linked, "subject": str(member.id)})
    house = StaffProvider.objects.create(name="House ID", **columns)
    StaffProviderLink.objects.create(provider=house, staff=world.cora, subject="c", created_at=BEGINNING)
    claim = DomainClaim.objects.create(
        tenant=world.acme, domain="field.example", token="t", created_at=BEGINNING
    )
    return provider, house, claim


def make_export(world: World, archive: NewFile, side: ActorKind, asked_by: Person) -> UUID:
    """Of Ana's personal data, done."""
    request = PrivacyRequest.objects.create(
        tenant=world.acme,
        member=world.ana,
        kind="export",
        state="done",
        asked_by_kind=side,
        asked_by=asked_by.id,
        created_at=BEGINNING,
        storage_key=archive.storage_key,
        size=archive.size,
        expires_at=clock.now() + timedelta(days=1),
    )
    return request.id


def make_mail(state: str) -> InboundMail:
    mail = InboundMail.objects.create(
        door="smtp",
        mailbox="support@mainstay.example",
        from_email="sam@unknown.example",
        subject="Help",
        kind="person",
        received_at=clock.now(),
        state=state,
        size=3,
    )
    RawMail.objects.create(id=mail.id, content=b"x", received_at=mail.received_at)
    return mail


def pages() -> dict[str, Any]:
    """Name → view of everything that is neither the API's nor public."""
    return {
        pattern.name or str(pattern.pattern): pattern.callback
        for pattern in _patterns(get_resolver().url_patterns)
        if pattern.name not in PUBLIC
    }


def _patterns(patterns: list[Any]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if not isinstance(pattern, URLResolver):
            yield pattern
        elif not str(pattern.pattern).startswith("api/"):
            yield from _patterns(pattern.url_patterns)


def _ticket_for(name: str, rows: Rows) -> Ticket:
    if name in ("support_handle", "support_escalate"):
        return rows.things.claras
    return rows.resolved if name == "support_not_solved" else rows.things.ticket


def address(name: str, rows: Rows) -> str:
    world = rows.things.world
    known: dict[str, Any] = {
        "number": _ticket_for(name, rows).number,
        "slug": world.acme.slug,
        "tenant_id": world.acme.id,
        "endpoint_id": rows.things.webhook.id,
        "sent_id": rows.things.delivery.id,
        "member_id": world.felix.id,
        "staff_id": world.cora.id,
        "attachment_id": rows.things.attachment.id,
        "domain_id": rows.domain.id,
        "delivery_id": rows.delivery.id,
        "provider_id": (rows.staff_provider if name.startswith("desk") else rows.provider).id,
        "claim_id": rows.claim.id,
        "notice_id": rows.notice.id,
        "key": "retention",
        "key_id": (rows.operator_key if name.startswith("desk") else rows.key).id,
        "run_id": rows.import_id if name.startswith("desk") else rows.own_import_id,
        "mailbox_id": rows.mailbox.id,
        "mailbox_kind": "imap",
        "passkey_id": rows.passkey_id,
        "request_id": rows.staff_export_id if name.startswith("desk") else rows.export_id,
        "mail_id": rows.mails.get(name, rows.mail).id,
    }
    (pattern,) = [p for p in _patterns(get_resolver().url_patterns) if p.name == name]
    name = {"download": "files:download"}.get(name, name)
    return reverse(name, kwargs={arg: known[arg] for arg in pattern.pattern.converters})


def has_object(name: str) -> bool:
    (pattern,) = [p for p in _patterns(get_resolver().url_patterns) if p.name == name]
    return bool(pattern.pattern.converters)


@pytest.fixture
def rows(db: None) -> Rows:
    return make_rows()


def test_every_page_has_a_door_and_a_row_here() -> None:
    everything = pages()
    assert {name for name, view in everything.items() if not hasattr(view, "sides")} == set()
    assert set(everything) == READ_ONLY | set(FORMS)


def test_the_wrong_side_finds_nothing(rows: Rows) -> None:
    world = rows.things.world
    wrong = {ActorKind.STAFF: sign_in(Client(), world.max), ActorKind.MEMBER: sign_in(Client(), world.ana)}
    for name, view in pages().items():
        for side, client in wrong.items():
            if side not in view.sides:
                for send in (client.get, client.post):
                    assert send(address(name, rows)).status_code in (404, 405), (name, side)


def test_another_customers_owner_finds_nothing(rows: Rows) -> None:
    gus = sign_in(Client(), rows.things.world.gus)
    for name, view in pages().items():
        if ActorKind.MEMBER in view.sides and has_object(name):
            found = {send(address(name, rows)).status_code for send in (gus.get, gus.post)}
            assert found <= {404, 405}, name
            assert 404 in found, name


def test_a_portal_user_finds_nothing_of_the_customers_own(rows: Rows) -> None:
    clara = sign_in(Client(), rows.things.world.clara)
    for name, view in pages().items():
        if ActorKind.MEMBER in view.sides and has_object(name):
            found = {send(address(name, rows)).status_code for send in (clara.get, clara.post)}
            assert found <= {403, 404, 405}, name


@dataclass(frozen=True)
class Form:
    who: str
    words: Callable[[Rows], dict[str, Any]] = lambda _rows: {}

    def typed(self, rows: Rows, client: Client) -> dict[str, Any]:
        """What cannot be known beforehand is asked of the client's session."""
        return {name: word(client) if callable(word) else word for name, word in self.words(rows).items()}


def pending_code(client: Client) -> str:
    session = client.session
    session["totp_pending"] = seal(SECRET)
    session.save()
    return present_code()


def made_passkey(client: Client) -> str:
    return SoftKey().create(client.get("/account/security/passkeys/options").json())


def by(who: str, **words: Any) -> Form:
    return Form(who, lambda _rows: words)


CSV = "email,name\nnewest@acme.example,Newest\n"


def csv_file(_rows: Rows) -> dict[str, Any]:
    return {"kind": "people", "file": SimpleUploadedFile("people.csv", CSV.encode())}


_ZONE = {"language": "es", "zone": "Europe/Madrid"}
_PERSON = {"email": "new@acme.example", "name": "New", "role": "field", "language": "en"}
_MAILBOX = {
    "name": "Help",
    "address": "help@mainstay.example",
    "host": "imap.mainstay.example",
    "port": 993,
    "security": "tls",
    "username": "help",
    "folder": "INBOX",
    "after_fetch": "leave",
}


# In this order, of one world: what ends something stands behind what needs it.
FORMS: dict[str, Form] = {
    "support_new": by("ana", subject="The export", body="It is empty.", severity="P3"),
    "support_ticket": by("ana", body="Still so."),
    "support_share": by("ana", do="everybody"),
    "support_handle": by("ana", do="take"),
    "support_escalate": by("ana", severity="P2", note="It is yours."),
    "support_branding": by("ana", support_name="Acme help desk", colour="#0a5c8f"),
    "support_leave": by("felix"),
    "support_not_solved": by("ana"),
    "support_solved": by("ana"),
    "support_new_provider": by(
        "ana", name="Second", issuer="https://two.example", client_id="x", client_secret="y"
    ),
    "support_unlink": by("ana"),
    "support_claim_domain": by("ana", domain="fields.example"),
    "support_claim": by("ana"),
    "support_forget_claim": by("ana"),
    "account_unlink": by("ana"),
    "support_provider": by("ana", do="save", name="Renamed", client_id="x"),
    "desk_new_provider": by(
        "max",
        name="Second",
        issuer="https://two.example",
        client_id="x",
        client_secret="y",
        domains="mainstay.example",
    ),
    "desk_unlink": by("max"),
    "desk_provider": by("max", do="remove"),
    "support_profile": by("ana", name="Ana María", **_ZONE),
    "account_notice_mark": by("ana"),
    "account_undo_read": Form("ana", lambda rows: {"read_at": rows.read_at}),
    "account_read_all": by("ana"),
    "account_notification_choices": by("ana", rhythm="weekly", **{"ticket.answered": "digest"}),
    "account_sessions": by("ana"),
    "account_privacy_download": by("ana"),
    "support_privacy_download": by("ana"),
    "desk_privacy_download": by("max"),
    "account_privacy": by("ana"),
    "support_personal": by("ana", do="export"),
    "account_add_app": by("ana", code=pending_code),
    "account_renew_codes": by("ana"),
    "account_remove_app": by("ana"),
    "account_add_passkey": by("ana", name="Laptop", passkey=made_passkey),
    "account_passkey": by("ana", do="rename", name="Phone"),
    "support_second_factor": by("ana", demand="yes"),
    "support_new_key": by("ana", name="Import", scopes=["tickets:read"]),
    "webhook_new": by("ana", url="https://hooks.example/in", event_names=["ticket.opened"]),
    "webhook_edit": by("ana", url="https://hooks.example/in", description="n8n"),
    "webhook_secret": by("ana"),
    "webhook_replay": by("ana", since="2026-01-01"),
    "webhook_delivery_replay": by("ana"),
    "webhook_test": by("ana"),
    "webhook_switch": by("ana", on="no"),
    "webhook_remove": by("ana"),
    "support_invite": by("ana", **_PERSON),
    "desk_new_import": Form("max", csv_file),
    "desk_import": by("max", do="cancel"),
    "support_new_import": Form("ana", csv_file),
    "support_import": by("ana", do="cancel"),
    "desk_take": Form("max", lambda rows: {"number": rows.things.ticket.number}),
    "desk_create": by(
        "max", email="ana@acme.example", source="phone", subject="Called", body="It is empty.", severity="P3"
    ),
    "desk_write": by("max", kind="note", body="We look."),
    "desk_severity": by("max", severity="P2"),
    "desk_assignee": by("max", assignee=""),
    "desk_classify": by("max", category="bug", tags="export"),
    "desk_unshare": by("max", everybody="yes"),
    "desk_share": by("max", email="felix@acme.example"),
    "desk_follow": by("max", follow="yes"),
    "desk_edit": Form("max", lambda rows: {"message": rows.note.id, "body": "We looked."}),
    "desk_status": by("max", status="closed"),
    "desk_new_customer": by(
        "max", name="Índigo", plan="business", owner_email="rosa@indigo.example", **_ZONE
    ),
    "desk_edit_customer": by(
        "max", name="Acme & Co", segment="smb", subscription_status="active", seats=7, mrr=70, **_ZONE
    ),
    "desk_set_plan": by("max", plan="business"),
    "desk_set_csm": Form("max", lambda rows: {"csm": rows.things.world.cora.id}),
    "desk_drop_domain": by("max"),
    "desk_add_domain": by("max", domain="acme.test"),
    "desk_invite": by("max", **{**_PERSON, "email": "newer@acme.example"}),
    "desk_contact": by("max", purpose="billing"),
    "desk_person": by("max", do="role", role="pm"),
    "support_person": by("ana", do="suspend"),
    "desk_personal": by("max", do="erase", wording="kept", confirmation="felix@acme.example"),
    "support_revoke_key": by("ana"),
    "desk_new_staff": by("max", name="Ada", email="ada@mainstay.example", roles=["agent"]),
    "desk_colleague": by("max", do="deactivate"),
    "desk_profile": by("max", name="Max", public_name="Max H.", **_ZONE),
    "desk_new_key": by("max", name="Reports", scopes=["tickets:read"]),
    "desk_revoke_key": by("max"),
    "desk_new_mailbox": by("max", **_MAILBOX, password="secret", import_days=0),
    "desk_edit_mailbox": by("max", **_MAILBOX, password="secret"),
    "desk_mailbox": by("max", do="pause"),
    "desk_mail_assign": by("max", customer="acme"),
    "desk_mail_discard": by("max"),
    "desk_mail_release": by("max"),
    "desk_mail_restore": by("max"),
    "desk_delivery_again": by("max"),
    "desk_delivery_lift": by("max"),
    "desk_settings": by("max", group="company", do="save", phone="+34 1", seen_phone=""),
    "desk_schedule": by("max", rhythm="daily", at="05:00", zone="UTC", is_enabled="on"),
    "desk_schedule_run": by("max"),
}


def test_nothing_stays_of_a_form_that_fails(
    committed: None, admin_connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each form once with an error behind its write: no table has changed. Then without: one has."""
    rows = make_rows()
    world = rows.things.world
    targets = {name: address(name, rows) for name in FORMS}  # now, while there is one key of each side
    clients = {
        who: sign_in(Client(raise_request_exception=False), {**world.members, **world.staff}[who])
        for who in ("ana", "felix", "max")
    }
    # Nobody is due to be noted as seen, however long this takes; and Ana has another session to end.
    OpenSession.objects.update(seen_at=clock.now() + timedelta(hours=1))
    sign_in(Client(), world.ana)
    for name, form in FORMS.items():
        target, client = targets[name], clients[form.who]
        acted, words = list[int](), form.typed(rows, client)

        def broken(response: Any, acted: list[int] = acted) -> None:
            acted.append(response.status_code)
            response.close()  # a download has its file open
            raise RuntimeError("after the write")

        monkeypatch.setattr(doors, "_refuse_lazy", broken)
        before = contents(admin_connection)
        assert client.post(target, words).status_code == 500, name
        assert acted, name
        assert contents(admin_connection) == before, name
        monkeypatch.undo()
        answer = client.post(target, form.typed(rows, client))
        answer.close()
        assert answer.status_code < 400, name
        after = contents(admin_connection)
        assert {table for table in after if after[table] != before[table]} - {"django_session"}, name
