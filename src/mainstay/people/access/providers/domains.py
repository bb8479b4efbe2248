"""Claims to mail domains: made by a customer, decided by the domain's name servers."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import dns.exception
import dns.nameserver
import dns.resolver
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Conflict, Invalid, NotFound
from mainstay.core.events.actions import record
from mainstay.people.access.providers.events import DomainClaimDropped, DomainClaimed
from mainstay.people.access.providers.models import DomainClaim
from mainstay.people.access.providers.rules import MANAGE_SSO, is_txt_proof, txt_name
from mainstay.people.tenants.actions import verify_domain
from mainstay.people.tenants.models import VerifiedDomain
from mainstay.people.tenants.rules import FREE_MAIL_DOMAINS, clean_domain, is_domain

_LOOK_UP_S: Final = 6.0
CHECK_PAUSE: Final = timedelta(seconds=5)
CHECK_GIVEN_UP: Final = timedelta(minutes=2)
MOST_CLAIMS: Final = 50
FOUND: Final = "found"


def claim_domain(actor: Actor, text: str, *, at: datetime) -> DomainClaim:
    """Idempotent. That another customer has verified the domain is said when the proof is looked at."""
    actor.require(MANAGE_SSO)
    domain = clean_domain(text)
    if not is_domain(domain):
        raise Invalid(fields={"domain": [_("This is not a mail domain, such as example.com.")]})
    if domain in FREE_MAIL_DOMAINS:
        raise Invalid(fields={"domain": [_("Anybody can have an address there; it proves nothing.")]})
    if VerifiedDomain.objects.filter(tenant_id=actor.home, domain=domain).exists():
        raise Conflict(fields={"domain": [_("This domain is verified already.")]})
    if DomainClaim.objects.filter(tenant_id=actor.home).count() >= MOST_CLAIMS:
        raise Conflict(fields={"domain": [_("Many domains wait already; finish or remove some first.")]})
    claim, made = DomainClaim.objects.get_or_create(
        tenant_id=actor.home,
        domain=domain,
        defaults={"token": secrets.token_urlsafe(24), "created_at": at},
    )
    if made:
        record(actor, DomainClaimed(claim_id=claim.id), tenant_id=actor.home, at=at)
    return claim


def drop_claim(actor: Actor, claim_id: UUID, *, at: datetime) -> None:
    claim = _locked(actor, claim_id)
    record(actor, DomainClaimDropped(claim_id=claim.id), tenant_id=claim.tenant_id, at=at)
    claim.delete()


def ask_check(actor: Actor, claim_id: UUID, *, at: datetime) -> bool:
    """Whether a check is to be made: not while one is under way, nor right after one."""
    claim = _locked(actor, claim_id)
    if claim.asked_at is not None and at - claim.asked_at < CHECK_PAUSE:
        return False
    claim.asked_at = at
    claim.save(update_fields=["asked_at"])
    return True


def settle_claim(actor: Actor, claim_id: UUID, result: str, *, at: datetime) -> None:
    """By the check. Found, the domain is the customer's, unless another one's proof came first."""
    claim = DomainClaim.objects.select_for_update(no_key=True).filter(id=claim_id).first()
    if claim is None:
        return
    if result == FOUND:
        try:
            verify_domain(actor, claim.tenant_id, claim.domain, at=at)
        except Conflict:
            result = "taken"
        except Invalid:
            result = "refused"
        else:
            claim.delete()
            return
    claim.checked_at, claim.result = at, result
    claim.save(update_fields=["checked_at", "result"])


def _locked(actor: Actor, claim_id: UUID) -> DomainClaim:
    actor.require(MANAGE_SSO)
    rows = DomainClaim.objects.select_for_update(no_key=True)
    found = rows.filter(tenant_id=actor.home, id=claim_id).first()
    if found is None:
        raise NotFound
    return found


def is_under_way(claim: DomainClaim, *, at: datetime) -> bool:
    if claim.asked_at is None or at - claim.asked_at > CHECK_GIVEN_UP:
        return False
    return claim.checked_at is None or claim.checked_at < claim.asked_at


def look_up(domain: str, token: str) -> str:
    """Asks the name servers, in no transaction."""
    resolver = _resolver()
    try:
        answer = resolver.resolve(f"{txt_name(domain)}.", "TXT", lifetime=_LOOK_UP_S, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return "not_found"
    except dns.exception.Timeout:
        return "slow"
    except dns.exception.DNSException:
        return "failed"
    texts = [b"".join(row.strings).decode("utf-8", "replace") for row in answer]
    return FOUND if is_txt_proof(texts, token) else "other_text"


def _resolver() -> dns.resolver.Resolver:
    wanted = settings.MAINSTAY_DNS_SERVERS
    try:
        resolver = dns.resolver.Resolver(configure=not wanted)
    except dns.resolver.NoResolverConfiguration:
        resolver = dns.resolver.Resolver(configure=False)
    if wanted:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in wanted]
    return resolver
