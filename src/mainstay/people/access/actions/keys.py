"""API keys of customers and of the operator: shown once, kept as a hash."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor, key_scopes_for
from mainstay.core.errors import Invalid, NotFound, Text
from mainstay.core.events.actions import record
from mainstay.core.events.types import Visibility
from mainstay.people.access.events import KeyCreated, KeyRevoked
from mainstay.people.access.models import ApiKey, OperatorKey
from mainstay.people.access.queries import hash_token
from mainstay.people.access.rules import (
    KEY_PREFIX,
    KEY_SHOWN,
    LONGEST_KEY_LIFE,
    MANAGE_KEYS,
    MANAGE_OPERATOR_KEYS,
    SIDE_OF_KEYS,
    TOKEN_BYTES,
)


def create_api_key(
    actor: Actor, *, name: str, scopes: Iterable[str], at: datetime, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """The row, and the key itself, which is never to be had again."""
    actor.require(MANAGE_KEYS)
    token, columns = _new_key(actor, "tenant", name, scopes, expires_at, at)
    key = ApiKey.objects.create(tenant_id=actor.home, **columns)
    event = KeyCreated(key_id=key.id, scopes=tuple(key.scopes))
    record(actor, event, tenant_id=actor.home, at=at)
    return key, token


def create_operator_key(
    actor: Actor, *, name: str, scopes: Iterable[str], at: datetime, expires_at: datetime | None = None
) -> tuple[OperatorKey, str]:
    actor.require(MANAGE_OPERATOR_KEYS)
    token, columns = _new_key(actor, "operator", name, scopes, expires_at, at)
    key = OperatorKey.objects.create(**columns)
    event = KeyCreated(key_id=key.id, scopes=tuple(key.scopes))
    record(actor, event, tenant_id=None, at=at, visibility=Visibility.OPERATOR)
    return key, token


def _new_key(
    actor: Actor, side: str, name: str, scopes: Iterable[str], expires_at: datetime | None, at: datetime
) -> tuple[str, dict[str, Any]]:
    wanted = sorted(set(scopes))
    faults: dict[str, list[Text]] = {}
    if not name.strip():
        faults["name"] = [_("A name is needed.")]
    if not wanted:
        faults["scopes"] = [_("Choose at least one.")]
    elif strangers := sorted(set(wanted) - set(key_scopes_for(SIDE_OF_KEYS[side]))):
        faults["scopes"] = [_("Unknown: %(names)s") % {"names": ", ".join(strangers)}]
    if expires_at is not None and not at < expires_at <= at + LONGEST_KEY_LIFE:
        faults["expires_at"] = [_("Choose a day within the next three years.")]
    if faults:
        raise Invalid(fields=faults)
    token = KEY_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    return token, {
        "name": name.strip(),
        "prefix": token[:KEY_SHOWN],
        "key_hash": hash_token(token),
        "scopes": wanted,
        "created_at": at,
        "created_by_kind": actor.kind,
        "created_by": actor.person_id,
        "expires_at": expires_at,
    }


def revoke_api_key(actor: Actor, key_id: UUID, *, at: datetime) -> ApiKey:
    """At once, for good. Idempotent."""
    actor.require(MANAGE_KEYS)
    key = ApiKey.objects.select_for_update(no_key=True).filter(tenant_id=actor.home, id=key_id).first()
    if key is None:
        raise NotFound
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
        record(actor, KeyRevoked(key_id=key.id), tenant_id=actor.home, at=at)
    return key


def revoke_operator_key(actor: Actor, key_id: UUID, *, at: datetime) -> OperatorKey:
    actor.require(MANAGE_OPERATOR_KEYS)
    key = OperatorKey.objects.select_for_update(no_key=True).filter(id=key_id).first()
    if key is None:
        raise NotFound
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
        event = KeyRevoked(key_id=key.id)
        record(actor, event, tenant_id=None, at=at, visibility=Visibility.OPERATOR)
    return key
