"""What is said between us and a provider: discovery, keys, code for tokens, userinfo. Never in a transaction."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import quote_plus, urlencode
from uuid import UUID

from django.conf import settings
from django.core.cache import cache

from mainstay.core.outgoing import Answer, FailureKind, Guard, OutgoingFailed, OutgoingRefused, send
from mainstay.core.outgoing.rules import guard_of
from mainstay.core.text.headers import clean_line
from mainstay.core.wall.scope import current_actor
from mainstay.people.access.providers.rules import (
    Endpoints,
    Fault,
    SsoFault,
    discovery_address,
    read_discovery,
)
from mainstay.people.access.providers.tokens import UnknownKey, claims_of

_ALL_S: Final = 12.0
"""One step of a sign-in: that long a person waits at most before a page says what is wrong."""
_ONE_S: Final = 6.0
_KEEP_S: Final = 600
_KEEP_FAULT_S: Final = 15
"""A provider that is down costs one time-out each quarter of a minute, not one for each person."""
_AT_ONCE: Final = 2
_WAIT_S: Final = 3.0
_MOST_BYTES: Final = 512_000


@dataclass(frozen=True, slots=True)
class Config:
    """A provider as it is talked to; read in a scope that is closed again."""

    provider_id: UUID
    tenant_id: UUID | None
    """None: the operator's."""
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    is_enabled: bool


def guard_for(tenant_id: UUID | None) -> Guard:
    private = list(settings.MAINSTAY_SSO_PRIVATE)
    if tenant_id is None:
        private += settings.MAINSTAY_OUTGOING_PRIVATE
    return guard_of(private, settings.MAINSTAY_OUTGOING_PORTS)


def http_allowed(tenant_id: UUID | None, host: str) -> bool:
    """Without encryption only to what the operator has named: its own network, or this machine."""
    guard = guard_for(tenant_id)
    if host.lower().rstrip(".") in guard.hosts:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address.version == network.version and address in network for network in guard.networks)


class Conversation:
    def __init__(self, config: Config, *, fresh: bool = False) -> None:
        self.config = config
        self._fresh = fresh
        """Asks again what is kept: for whoever is just setting the provider up."""
        self._until = time.monotonic() + _ALL_S

    def endpoints(self) -> Endpoints:
        document = self._kept("discovery", discovery_address(self.config.issuer))
        return read_discovery(
            document, self.config.issuer, http_allowed=lambda host: http_allowed(self.config.tenant_id, host)
        )

    def tokens(self, code: str, *, verifier: str, redirect_uri: str) -> dict[str, Any]:
        """The code becomes tokens."""
        endpoints, config = self.endpoints(), self.config
        words = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if endpoints.by_basic:
            # RFC 6749, 2.3.1: both are form-encoded before they are joined.
            pair = f"{quote_plus(config.client_id)}:{quote_plus(config.client_secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            words |= {"client_id": config.client_id, "client_secret": config.client_secret}
        answer = self._send("POST", endpoints.token, headers=headers, content=urlencode(words).encode())
        if answer.status >= 500:
            raise SsoFault(Fault.UNREACHABLE, f"token_endpoint: HTTP {answer.status}")
        said = _json(answer, "token_endpoint")
        if not answer.is_ok:
            detail = f"{said.get('error', '')} {said.get('error_description', '')}".strip()
            raise SsoFault(Fault.CODE_REFUSED, clean_line(detail or f"HTTP {answer.status}", 250))
        if not isinstance(said.get("id_token"), str):
            raise SsoFault(Fault.MALFORMED, "id_token")
        return said

    def claims(self, token: str) -> dict[str, Any]:
        """Of an ID token whose signature holds. A key that is not known yet is asked for once."""
        endpoints = self.endpoints()
        try:
            return claims_of(token, self._keys(endpoints), endpoints.algorithms)
        except UnknownKey:
            return claims_of(token, self._keys(endpoints, again=True), endpoints.algorithms)

    def userinfo(self, access_token: Any, subject: str) -> dict[str, Any]:
        """More about the same person; an answer about anybody else is refused (Core, 5.3.2)."""
        endpoints = self.endpoints()
        if not endpoints.userinfo or not isinstance(access_token, str) or not access_token.isascii():
            return {}
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        answer = self._send("GET", endpoints.userinfo, headers=headers)
        if not answer.is_ok:
            raise SsoFault(Fault.PROVIDER_ERROR, f"userinfo_endpoint: HTTP {answer.status}")
        said = _json(answer, "userinfo_endpoint")
        if said.get("sub") != subject:
            raise SsoFault(Fault.OTHER_SUBJECT)
        return said

    def _keys(self, endpoints: Endpoints, *, again: bool = False) -> list[Any]:
        found = self._kept("keys", endpoints.keys, again=again).get("keys")
        return found if isinstance(found, list) else []

    def _kept(self, what: str, address: str, *, again: bool = False) -> dict[str, Any]:
        key = f"sso:{what}:{self.config.provider_id}:{sha256(address.encode()).hexdigest()}"
        kept = None if again or self._fresh else cache.get(key)
        if isinstance(kept, tuple):
            raise SsoFault(*kept)
        if kept is None:
            try:
                kept = self._fetch(what, address)
            except SsoFault as fault:
                cache.set(key, (fault.fault, fault.detail), _KEEP_FAULT_S)
                raise
            cache.set(key, kept, _KEEP_S)
        found: dict[str, Any] = kept
        return found

    def _fetch(self, what: str, address: str) -> dict[str, Any]:
        answer = self._send("GET", address, headers={"Accept": "application/json"})
        if answer.status >= 500:
            raise SsoFault(Fault.UNREACHABLE, f"{what}: HTTP {answer.status}")
        if not answer.is_ok:
            raise SsoFault(Fault.NOT_OPENID, f"{what}: HTTP {answer.status}")
        return _json(answer, what)

    def _send(self, method: str, address: str, *, headers: dict[str, str], content: bytes = b"") -> Answer:
        if current_actor() is not None:
            raise RuntimeError("no network inside a transaction")
        left = self._until - time.monotonic()
        if left <= 0:
            raise SsoFault(Fault.SLOW)
        try:
            return send(
                method,
                address,
                headers=headers,
                content=content,
                timeout_s=min(_ONE_S, left),
                max_bytes=_MOST_BYTES,
                guard=guard_for(self.config.tenant_id),
            )
        except OutgoingRefused as error:
            raise SsoFault(Fault.FORBIDDEN_ADDRESS, clean_line(str(error), 250)) from error
        except OutgoingFailed as error:
            slow = error.kind is FailureKind.TIMEOUT
            raise SsoFault(Fault.SLOW if slow else Fault.UNREACHABLE, clean_line(str(error), 250)) from error


def _json(answer: Answer, what: str) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise SsoFault(Fault.NOT_OPENID, f"{what}: no JSON") from error
    if not isinstance(said, dict):
        raise SsoFault(Fault.NOT_OPENID, f"{what}: no JSON object")
    return said


_turns: dict[UUID, threading.BoundedSemaphore] = {}
_turns_lock = threading.Lock()


@contextmanager
def a_turn_at(provider_id: UUID) -> Iterator[None]:
    """A provider that hangs holds two of this process's threads, and the rest go on serving everybody else."""
    with _turns_lock:
        turns = _turns.setdefault(provider_id, threading.BoundedSemaphore(_AT_ONCE))
    if not turns.acquire(timeout=_WAIT_S):
        raise SsoFault(Fault.BUSY)
    try:
        yield
    finally:
        turns.release()
