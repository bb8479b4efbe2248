"""What the demonstration's world lacks of a life: keys, an open session, an invitation that is on its way.

Written as rows, so that the tests know the words whose hashes stand there. They open nothing but this world.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import psycopg

OPERATOR_KEY = "msk_operator-of-an-earlier-stage"
TENANT_KEY = "msk_customer-of-an-earlier-stage"
INVITATION = "an-invitation-of-an-earlier-stage"
INVITED = "nora.new@kept-promises.example"
SCOPES = ["tickets:read", "tickets:write", "people:read", "tenants:read"]
_FOR_EVER = timedelta(days=36_500)


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def live_on(admin: psycopg.Connection) -> None:
    at = datetime.now(UTC)
    [tenant] = admin.execute("SELECT id FROM tenant ORDER BY name LIMIT 1").fetchone() or [None]
    key = {"scopes": SCOPES, "at": at, "tenant": tenant}
    admin.execute(
        "INSERT INTO operator_key (id, name, prefix, key_hash, scopes, created_at, created_by_kind) "
        "VALUES (gen_random_uuid(), 'Export', 'msk_operator', %(hash)s, %(scopes)s, %(at)s, 'system')",
        {**key, "hash": _hash(OPERATOR_KEY)},
    )
    admin.execute(
        "INSERT INTO api_key (id, tenant_id, name, prefix, key_hash, scopes, created_at, created_by_kind) "
        "VALUES (gen_random_uuid(), %(tenant)s, 'App', 'msk_customer', %(hash)s, %(scopes)s, %(at)s, 'system')",
        {**key, "hash": _hash(TENANT_KEY)},
    )
    _invite(admin, tenant, at)


def _invite(admin: psycopg.Connection, tenant: UUID, at: datetime) -> None:
    names = {"tenant": tenant, "email": INVITED, "at": at, "until": at + _FOR_EVER, "hash": _hash(INVITATION)}
    admin.execute(
        "INSERT INTO member (id, tenant_id, email, name, role, state, language, zone, phone, title, created_at) "
        "VALUES (gen_random_uuid(), %(tenant)s, %(email)s, 'Nora New', 'pm', 'invited', '', '', '', '', %(at)s)",
        names,
    )
    admin.execute(
        "INSERT INTO invitation (id, tenant_id, member_id, token_hash, invited_by_kind, created_at, expires_at) "
        "SELECT gen_random_uuid(), tenant_id, id, %(hash)s, 'system', %(at)s, %(until)s FROM member "
        "WHERE tenant_id = %(tenant)s AND email = %(email)s",
        names,
    )
