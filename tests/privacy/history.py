"""Fernanda Campo Ruiz of Acme, who wrote in fifty tickets, in every way there is; and a raw look at everything."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from mainstay.core import clock
from mainstay.core.actor import Role
from mainstay.core.events.dispatch import Follower
from mainstay.core.storage.files import save
from mainstay.integrations.imports.actions import Choices, start_check
from mainstay.integrations.imports.rules import Kind
from mainstay.integrations.imports.tests.make import upload, work
from mainstay.people.messages.actions import suppress
from mainstay.people.messages.notices.mailing import mail_due
from mainstay.people.tenants.actions import name_contact
from mainstay.people.tenants.models import Member, Tenant
from mainstay.people.tenants.tests.make import World, acting_as, builders_scope, make_member, make_user
from mainstay.support.channels.actions.intake import take_in_due
from mainstay.support.channels.actions.receive import keep_mail
from mainstay.support.channels.tests.make import raw_mail
from mainstay.support.sla.tests.make import make_sla_world
from mainstay.support.tickets.actions import (
    NewMessage,
    edit_message,
    reply_to_ticket,
    share_ticket,
    store_file,
)
from mainstay.support.tickets.models import Message, Ticket
from mainstay.support.tickets.rules import Source
from mainstay.support.tickets.tests.make import make_note, make_reply, make_ticket

NAME = "Fernanda Campo Ruiz"
EMAIL = "fernanda.campo@acme.example"
SENTENCE = "The pump in the northern field loses pressure whenever it rains for long"
SECOND = "Our harvest crew cannot wait until the weekend for a repair"
COUNT = 50


@dataclass
class History:
    world: World
    fernanda: Member
    tickets: list[Ticket]


def make_history() -> History:
    world = make_sla_world()
    with builders_scope():
        fernanda = make_member(
            world.acme, NAME, Role.FIELD, email=EMAIL, phone="+34 600", title="Chief of fields"
        )
        Tenant.objects.filter(id=world.acme.id).update(
            branding={"support_name": NAME, "support_email": EMAIL, "colour": "#0a5c8f"},
            attributes={"boss": NAME},
        )
        suppress(EMAIL, reason="asked", at=clock.now())
    make_user(fernanda, password="a-long-password-of-hers")
    with acting_as(world.ana) as ana:
        name_contact(ana, fernanda.id, "billing", at=clock.now())
    history = History(world, fernanda, [])
    for n in range(COUNT):
        history.tickets.append(_conversation(history, n))
    _by_mail(history)
    _elsewhere(history)
    _imported(history)
    follow()
    return history


def _conversation(history: History, n: int) -> Ticket:
    world, fernanda = history.world, history.fernanda
    at = clock.now() - timedelta(days=3) + timedelta(minutes=n)
    requester = fernanda if n % 2 else world.ana
    ticket = make_ticket(
        requester,
        f"{SENTENCE if requester is fernanda else 'Something else'} ({n})",
        body=f"{SENTENCE}. It is number {n}.\n\nRegards,\n{NAME}" if requester is fernanda else f"Of {n}.",
        at=at,
        context={"page": f"/people/{EMAIL}"},
    )
    if requester is not fernanda:
        with acting_as(world.ana) as ana:
            share_ticket(ana, ticket.id, member_id=fernanda.id, at=at)
    said = make_reply(ticket, fernanda, f"{SECOND}. Write to {EMAIL} ({n}).", at=at + timedelta(minutes=5))
    opening = SENTENCE if requester is fernanda else "Of it."
    quote = f"> {opening}.\n> {SECOND}\n\nDear {NAME.upper()}, we shall see to it ({n})."
    make_reply(ticket, world.ari, quote, at=at + timedelta(minutes=9))
    make_note(
        ticket, world.ari, f"Fernanda  Campo\nRuiz said: {SECOND.lower()}", at=at + timedelta(minutes=10)
    )
    if n % 10 == 0:
        with acting_as(fernanda) as her:
            edit_message(her, ticket.id, said.id, f"{SECOND}! ({n})", at=at + timedelta(minutes=6))
        _attach(history, ticket, at + timedelta(minutes=12))
    return ticket


def _attach(history: History, ticket: Ticket, at: Any) -> None:
    for who, content in (
        (history.fernanda, f"{NAME} <{EMAIL}> wrote this list".encode()),
        (history.fernanda, b"\0\1" + EMAIL.encode()),
        (history.fernanda, b"a picture of a pump"),
        (history.world.ari, f"Answer to {NAME}: the list is fine.".encode()),
    ):
        new = save(history.world.acme.id, f"for {NAME}.txt", io.BytesIO(content))
        with acting_as(who) as actor:
            file = store_file(actor, history.world.acme.id, new, at=at)
            message = NewMessage(
                body="With a file.", source=Source.PORTAL, attachment_ids=(file.id,),
                author_id=who.id if who is history.fernanda else None,
            )  # fmt: skip
            reply_to_ticket(actor, ticket.id, message, at=at)


def _by_mail(history: History) -> None:
    now = clock.now()
    for n in range(3):
        raw = raw_mail(
            f"{NAME} <{EMAIL}>",
            subject=f"{SENTENCE} by mail {n}",
            body=f"{SECOND} {n}.\n\n--\n{NAME}\n{EMAIL}",
            files={f"{NAME}.bin": b"\0picture"},
            message_id=f"<{n}.{EMAIL}>",
        )
        keep_mail(raw, door="test", at=now, mailbox="support@mainstay.example", envelope_from=EMAIL)
    keep_mail(
        raw_mail("Ana <ana@acme.example>", subject="Hers", headers={"Cc": f"{NAME} <{EMAIL}>"}),
        door="test", at=now, mailbox="support@mainstay.example",
    )  # fmt: skip
    take_in_due(lambda tenant_id, name, content: save(tenant_id, name, io.BytesIO(content)), now)


def _elsewhere(history: History) -> None:
    """Somebody else's ticket, in which she has no part, names her."""
    ticket = make_ticket(history.world.felix, f"About {NAME}", body=f"Ask {EMAIL}, or Campo Ruiz, Fernanda.")
    make_note(ticket, history.world.ari, f"{NAME} is the one to call.")


def _imported(history: History) -> None:
    content = f"email,name,role\n{EMAIL},{NAME},field\nnew@acme.example,New One,field\n"
    run = upload(history.world.ana, Kind.PEOPLE, content, name=f"people of {NAME}.csv")
    with acting_as(history.world.ana) as ana:
        start_check(ana, run.id, Choices(mapping=run.mapping), at=clock.now())
    work(clock.now())


def follow() -> None:
    """What reacts later: mails, notices, webhooks."""
    follower = Follower()
    while follower.run_due(clock.now(), 500):
        pass
    follower.lease.give_back()
    mail_due(clock.now() + timedelta(days=1), 1000)


def said_anywhere(connection: psycopg.Connection, words: str) -> set[str]:
    """`table.column` wherever the words stand, whatever kind of column it is."""
    return {
        f"{table}.{column}"
        for table, column in columns(connection)
        if connection.execute(
            sql.SQL("SELECT 1 FROM {} WHERE {} LIMIT 1").format(
                sql.Identifier(table),
                sql.SQL("strpos(lower(CASE WHEN pg_typeof({0})::text = 'bytea' THEN encode({0}::text::bytea, 'escape')"
                        " ELSE {0}::text END), lower(%s)) > 0").format(sql.Identifier(column)),
            ),
            [words],
        ).fetchone()
    }  # fmt: skip


def columns(connection: psycopg.Connection) -> list[tuple[str, str]]:
    return [
        (row[0], row[1])
        for row in connection.execute(
            "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 "
            "AND NOT a.attisdropped AND (a.atttypid::regtype::text ~ '(char|text|json|bytea|inet|\\[\\])' "
            "OR a.attndims > 0) ORDER BY 1, 2"
        )
    ]


def stored(root: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file())


def counted(connection: psycopg.Connection, tenant_id: Any) -> dict[str, Any]:
    """What an erasure must not change."""
    queries = {
        "tickets": "SELECT id, number, status, severity, opened_at, first_response_at, resolved_at, next_due_at, "
        "message_count, last_message_at FROM ticket ORDER BY id",
        "messages": "SELECT id, ticket_id, sender, created_at FROM message ORDER BY id",
        "clocks": "SELECT c::text FROM sla_clock c ORDER BY id",
        "events": "SELECT e::text FROM event e WHERE name !~ '^privacy|^member.(suspended|erased)' ORDER BY n",
        "members": "SELECT id, role FROM member ORDER BY id",
    }
    return {name: connection.execute(query).fetchall() for name, query in queries.items()}  # type: ignore[arg-type]


def rows_of(connection: psycopg.Connection, tenant_id: Any) -> dict[str, Any]:
    """Everything of one customer, byte for byte."""
    found = {}
    for (table,) in connection.execute(
        "SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant_id' ORDER BY 1"
    ).fetchall():
        query = sql.SQL("SELECT x::text FROM {} x WHERE tenant_id = %s ORDER BY 1").format(
            sql.Identifier(table)
        )
        found[table] = connection.execute(query, [tenant_id]).fetchall()
    return found


def message_of(ticket: Ticket, who: Any) -> list[Message]:
    with builders_scope():
        return list(Message.objects.filter(ticket=ticket, member_id=who.id))
