"""OpenID Connect as far as it can be said without network, clock or database: what is believed, and of whom.

Sources: OpenID Connect Core 1.0 (3.1.3.7 ID token validation, 5.3.2 userinfo), Discovery 1.0 (4.3), RFC 7636 (PKCE),
RFC 9207 (issuer in the answer), RFC 9700 (security of OAuth 2.0).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from mainstay.core.actor import TENANT_MANAGERS, Permission, Role
from mainstay.people.access.rules import Rate
from mainstay.people.tenants.rules import clean_email, domain_of

MANAGE_SSO: Final = Permission("sso.manage", TENANT_MANAGERS)
MANAGE_STAFF_SSO: Final = Permission("staff_sso.manage", frozenset({Role.ADMIN}))

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip
"""Signatures with a key pair only: `none` proves nothing, and with HS256 anybody who knows the public key signs."""
LEAST_RSA_BITS: Final = 2048
SCOPES: Final = "openid email profile"
LEEWAY: Final = timedelta(seconds=60)
FLOW_LIFE: Final = timedelta(minutes=10)
MOST_FLOWS: Final = 5
"""Begun at the same time in one browser; the oldest is forgotten."""
LONGEST_SUBJECT: Final = 255
LONGEST_ISSUER: Final = 500
GOOGLE: Final = "https://accounts.google.com"
# A sign-in takes three. Behind one address may stand a whole company on a Monday morning; a limit for each provider
# would let a few strangers lock its people out.
SSO_IP_RATE: Final = Rate("sso_ip", 1500, timedelta(minutes=10))
REFUSED_RATE: Final = Rate("sso_refused", 60, timedelta(hours=1))
"""How many refusals of one provider reach the audit log."""
TXT_PREFIX: Final = "_mainstay-challenge"


class Purpose(StrEnum):
    SIGN_IN = "sign_in"
    INVITATION = "invitation"
    LINK = "link"
    TEST = "test"


class Fault(StrEnum):
    """Why a sign-in through a provider came to nothing."""

    # the provider cannot be talked to
    UNREACHABLE = "unreachable"
    SLOW = "slow"
    FORBIDDEN_ADDRESS = "forbidden_address"
    BUSY = "busy"
    NOT_OPENID = "not_openid"
    OTHER_ISSUER = "other_issuer"
    INSECURE = "insecure"
    # the answer does not belong to what was asked
    NO_FLOW = "no_flow"
    MIXED_UP = "mixed_up"
    DENIED = "denied"
    PROVIDER_ERROR = "provider_error"
    CODE_REFUSED = "code_refused"
    # the ID token is not believed
    MALFORMED = "malformed"
    BAD_ALGORITHM = "bad_algorithm"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    OTHER_AUDIENCE = "other_audience"
    OTHER_NONCE = "other_nonce"
    EXPIRED = "expired"
    TOO_EARLY = "too_early"
    NO_SUBJECT = "no_subject"
    OTHER_SUBJECT = "other_subject"
    # the person is proven, and has no way in
    DISABLED = "disabled"
    NO_EMAIL = "no_email"
    UNVERIFIED_EMAIL = "unverified_email"
    OTHER_DOMAIN = "other_domain"
    NOT_KNOWN = "not_known"
    SUSPENDED = "suspended"
    OWNER = "owner"
    LINKED_OTHERWISE = "linked_otherwise"
    SUBJECT_TAKEN = "subject_taken"
    INVITATION_GONE = "invitation_gone"


class SsoFault(Exception):
    """`detail` is for who sets the provider up: facts, no secrets."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(f"{fault.value}: {detail}" if detail else fault.value)
        self.fault = fault
        self.detail = detail


def issuer_fault(text: str, *, http_allowed: Callable[[str], bool]) -> str:
    """What is wrong with an issuer's address, as a code; empty: nothing."""
    if not text or len(text) > LONGEST_ISSUER or any(ord(c) < 33 or ord(c) == 127 for c in text):
        return "address"
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        _port = parts.port
    except ValueError:
        return "address"
    if not host or parts.username is not None or parts.query or parts.fragment or "?" in text or "#" in text:
        return "address"
    if parts.scheme == "https" or (parts.scheme == "http" and http_allowed(host)):
        return ""
    return "scheme"


def discovery_address(issuer: str) -> str:
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What a provider says of itself, as far as it is used."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str
    by_basic: bool
    """The client's secret goes into the header (client_secret_basic), else into the body (client_secret_post)."""
    algorithms: tuple[str, ...]
    names_issuer: bool
    """Its answers carry `iss` (RFC 9207)."""


def read_discovery(
    document: Mapping[str, Any], issuer: str, *, http_allowed: Callable[[str], bool]
) -> Endpoints:
    said = document.get("issuer")
    if said != issuer:
        raise SsoFault(Fault.OTHER_ISSUER, str(said)[:200])
    found = {
        name: _endpoint(document, name, http_allowed)
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    }
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not found[name]:
            raise SsoFault(Fault.NOT_OPENID, name)
    methods = _words(document, "token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if not {"client_secret_basic", "client_secret_post"} & set(methods):
        raise SsoFault(Fault.NOT_OPENID, "token_endpoint_auth_methods_supported")
    offered = _words(document, "id_token_signing_alg_values_supported") or ["RS256"]
    algorithms = tuple(name for name in ALGORITHMS if name in offered)
    if not algorithms:
        raise SsoFault(Fault.BAD_ALGORITHM, ", ".join(offered)[:200])
    return Endpoints(
        issuer=issuer,
        authorization=found["authorization_endpoint"],
        token=found["token_endpoint"],
        keys=found["jwks_uri"],
        userinfo=found["userinfo_endpoint"],
        by_basic="client_secret_basic" in methods,
        algorithms=algorithms,
        names_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(document: Mapping[str, Any], name: str, http_allowed: Callable[[str], bool]) -> str:
    address = document.get(name)
    if address is None:
        return ""
    if not isinstance(address, str):
        raise SsoFault(Fault.NOT_OPENID, name)
    # A query is fine there, unlike in an issuer's address.
    wrong = issuer_fault(address.partition("?")[0], http_allowed=http_allowed)
    if wrong or "#" in address or any(ord(c) < 33 for c in address):
        raise SsoFault(Fault.INSECURE if wrong == "scheme" else Fault.NOT_OPENID, f"{name}: {address[:200]}")
    return address


def _words(document: Mapping[str, Any], name: str) -> list[str]:
    found = document.get(name)
    return [str(word) for word in found] if isinstance(found, list) else []


def challenge_of(verifier: str) -> str:
    """PKCE, method S256."""
    return urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()


def check_claims(
    claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: datetime
) -> None:
    """Of an ID token whose signature holds. Everything that must be there is asked for by its type too."""
    if claims.get("iss") != issuer:
        raise SsoFault(Fault.OTHER_ISSUER, str(claims.get("iss"))[:200])
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or client_id not in named:
        raise SsoFault(Fault.OTHER_AUDIENCE, str(audience)[:200])
    party = claims.get("azp")
    if (party is not None or len(named) > 1) and party != client_id:
        raise SsoFault(Fault.OTHER_AUDIENCE, f"azp {party}"[:200])
    _check_times(claims, now)
    said = claims.get("nonce")
    if not isinstance(said, str) or not compare_digest(said.encode(), nonce.encode()):
        raise SsoFault(Fault.OTHER_NONCE)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or "\x00" in subject:
        raise SsoFault(Fault.NO_SUBJECT)


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    if _seconds(claims, "exp") <= moment - leeway:
        raise SsoFault(Fault.EXPIRED)
    if _seconds(claims, "iat") > moment + leeway:
        raise SsoFault(Fault.TOO_EARLY, "iat")
    if "nbf" in claims and _seconds(claims, "nbf") > moment + leeway:
        raise SsoFault(Fault.TOO_EARLY, "nbf")


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SsoFault(Fault.MALFORMED, name)
    return float(value)


@dataclass(frozen=True, slots=True)
class Asserted:
    """What a provider says about whoever sits in front of it."""

    subject: str
    email: str = ""
    is_email_verified: bool = False
    name: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)


def read_person(claims: Mapping[str, Any], *, issuer: str) -> Asserted:
    email = claims.get("email")
    email = clean_email(email) if isinstance(email, str) and len(email) <= 320 else ""
    name = claims.get("name")
    verified = claims.get("email_verified") is True
    if issuer == GOOGLE:
        # Everybody can have an account there, also under another mailbox's address. Only of an organisation's
        # own accounts (`hd`) does Google answer for the address.
        verified = verified and str(claims.get("hd", "")).lower() == domain_of(email)
    return Asserted(
        subject=str(claims["sub"]),
        email=email,
        is_email_verified=verified,
        name=name[:200] if isinstance(name, str) else "",
        claims=claims,
    )


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A member or a member of the staff, as the decision needs them."""

    id: UUID
    role: str = ""
    is_open: bool = True
    """Not suspended, not deactivated."""
    is_linked: bool = False
    """To another subject of the same provider."""


class Step(StrEnum):
    ENTER = "enter"
    LINK = "link"
    CREATE = "create"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Decision:
    step: Step
    person: KnownPerson | None = None
    fault: Fault | None = None


def decide(
    asserted: Asserted,
    *,
    linked: KnownPerson | None,
    by_email: KnownPerson | None,
    domains: Collection[str],
    creates: bool = False,
) -> Decision:
    """Who comes in. The provider's subject alone matches; the address counts once, for the first link, and only
    where the provider has verified it and its domain is known to be the customer's."""
    if linked is not None:
        return Decision(Step.ENTER, linked) if linked.is_open else _refused(Fault.SUSPENDED)
    if not asserted.email or domain_of(asserted.email) == "":
        return _refused(Fault.NO_EMAIL)
    if not asserted.is_email_verified:
        return _refused(Fault.UNVERIFIED_EMAIL)
    if domain_of(asserted.email) not in domains:
        return _refused(Fault.OTHER_DOMAIN)
    if by_email is not None and not by_email.is_open:
        return _refused(Fault.SUSPENDED)
    if by_email is None or by_email.role == Role.CONTACT:
        return Decision(Step.CREATE, by_email) if creates else _refused(Fault.NOT_KNOWN)
    if by_email.role == Role.OWNER:
        # Administrators set providers up too, and must not become owners by having one say so.
        return _refused(Fault.OWNER)
    if by_email.is_linked:
        return _refused(Fault.LINKED_OTHERWISE)
    return Decision(Step.LINK, by_email)


def _refused(fault: Fault) -> Decision:
    return Decision(Step.REFUSE, fault=fault)


def is_txt_proof(found: Collection[str], token: str) -> bool:
    return any(compare_digest(text.strip().encode(), txt_value(token).encode()) for text in found)


def txt_value(token: str) -> str:
    return f"mainstay-verification={token}"


def txt_name(domain: str) -> str:
    return f"{TXT_PREFIX}.{domain}"
