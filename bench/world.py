"""What the load generators need to know of the generated world, and whom they act as."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings

from bench.data import OPERATOR_KEYS, address_of, operator_token, tenant_token
from bench.stories import MESSAGES_OF_LONG, Size
from mainstay.core.clock import now
from mainstay.people.access.models import Membership, User

Request = dict[str, Any]


def with_key(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def reads(paths: list[str]) -> list[Request]:
    """By the operator's keys in turn: one alone would run into its limit."""
    return [
        {"method": "GET", "path": path, "headers": with_key(operator_token(number % OPERATOR_KEYS))}
        for number, path in enumerate(paths)
    ]


def session_of(admin: psycopg.Connection, email: str) -> dict[str, str]:
    """The headers of that agent's or member's signed-in browser."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    found = admin.execute(
        "SELECT NULL::uuid, NULL::uuid, id FROM staff WHERE email = %(email)s "
        "UNION ALL SELECT tenant_id, id, NULL FROM member WHERE email = %(email)s",
        {"email": email},
    ).fetchone()
    assert found is not None
    seat_of: dict[str, Any] = dict(zip(("tenant_id", "member_id", "staff_id"), found, strict=True))
    user, _ = User.objects.get_or_create(email=email, defaults={"created_at": now(), "password": "!"})
    seat, _ = Membership.objects.get_or_create(user=user, **seat_of, defaults={"created_at": now()})
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["membership"] = str(seat.id)
    session.create()
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"}


def long_tickets(admin: psycopg.Connection, count: int) -> list[UUID]:
    found = admin.execute(
        "SELECT id FROM ticket WHERE message_count = %s ORDER BY md5(id::text) LIMIT %s",
        [MESSAGES_OF_LONG, count],
    )
    return [row[0] for row in found.fetchall()]


def people(size: Size, count: int) -> list[tuple[int, int]]:
    """Customer and member, each pair once, spread over all customers."""
    found: list[tuple[int, int]] = []
    for member in range(size.members_of_first):
        for tenant in range(size.tenants):
            if member < size.members_of(tenant):
                found.append((tenant, member))
                if len(found) == count:
                    return found
    return found


def creations(size: Size, count: int) -> list[Request]:
    """New tickets by customers' own programs."""
    return [
        {
            "method": "POST",
            "path": "/api/v1/support/tickets",
            "headers": with_key(tenant_token(tenant)),
            "body": json.dumps(
                {
                    "subject": "The export stopped (number {n})",
                    "body": "Since this morning the export of the diary ends after ten minutes.\n\nRequest {n}.",
                    "severity": "P2",
                    "requester": {"email": address_of(tenant, member)},
                }
            ),
        }
        for tenant, member in people(size, count)
    ]
