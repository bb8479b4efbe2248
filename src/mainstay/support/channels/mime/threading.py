"""To which ticket a mail belongs. A claim counts for nothing unless its sender may make it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Generic, TypeVar

from mainstay.support.channels.mime.mail import ParsedMail
from mainstay.support.channels.mime.tokens import OwnMessageId, TicketRef, read_message_id, read_reply_token

_PREFIX = re.compile(
    r"\s*(?:re|aw|antw|antwort|rv|res|sv|vs|vl|vá|odp|ynt|ilt|fw|fwd|wg|tr|rif|i|r|enc|doorst"
    r"|továbbítás|atb|bls|antwoord"
    r"|回复|回覆|答复|转发|轉寄|返信|転送|답장|전달|re\s*\(\d{1,3}\))\s*(?:\[\d{1,3}\]"
    r"|\^\d{1,3})?\s*[:：]\s*",
    re.I,
)
_MARK = re.compile(r"\s*\[(?:ext|extern|external|externo|spam|caution)[^\]]{0,20}\]\s*", re.I)
# "[#1234]", "#1234", "[Ticket 1234]", "Ticket #1234": a number that stands alone.
_NUMBER = re.compile(
    r"(?:\[\s*(?:ticket|case|caso|support)?\s*[:#]?\s*|(?:ticket|case|caso)\s*[:#]?\s*|(?<![\w&])#)(\d{1,12})(?![\w.,-]?\d|\w)",
    re.I,
)
MAX_PREFIXES = 20


def normalise_subject(subject: str) -> str:
    """Without the reply and forward marks of mail programs, in lower case, spaces collapsed."""
    text = subject[:1000]
    for _ in range(MAX_PREFIXES):
        match = _PREFIX.match(text) or _MARK.match(text)
        if match is None or match.end() == len(text):
            break
        text = text[match.end() :]
    return " ".join(text.split()).casefold()


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a mail says about where it belongs, by falling trust."""

    tokens: tuple[TicketRef, ...]  # from signed addresses
    message_ids: tuple[str, ...]  # the whole chain, nearest first, to look up among stored messages
    own_ids: tuple[OwnMessageId, ...]  # those that have the form of ours; the form alone proves nothing
    subject_numbers: tuple[int, ...]


def thread_candidates(
    mail: ParsedMail, secrets: Sequence[bytes | str], own_domains: Sequence[str] = ()
) -> Candidates:
    addresses = (*mail.delivered_to, *(a.email for a in (*mail.to, *mail.cc)))
    tokens = [token for a in addresses[:500] if (token := read_reply_token(secrets, a)) is not None]
    chain = tuple(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references))))
    own = [own for item in chain if (own := read_message_id(item, own_domains)) is not None]
    numbers = [int(number) for number in _NUMBER.findall(mail.subject)]
    return Candidates(
        tuple(dict.fromkeys(tokens)), chain, tuple(dict.fromkeys(own)), tuple(dict.fromkeys(numbers))
    )


class Evidence(IntEnum):
    """Lower is stronger."""

    TOKEN = 1  # a signed reply address: whoever has it got a mail of the ticket
    REFERENCE = 2  # the Message-ID of a stored message
    SUBJECT = 3  # a number anybody can guess


Ref = TypeVar("Ref")


@dataclass(frozen=True, slots=True)
class Claim(Generic[Ref]):
    """A ticket that a mail names, with the facts needed to judge it."""

    ticket: Ref
    evidence: Evidence
    participants: frozenset[str]  # addresses of requester and followers, in lower case
    colleagues: frozenset[str] = frozenset()  # further members of its tenant who may see it


class Outcome(StrEnum):
    JOIN = "join"
    NEW = "new"
    TRIAGE = "triage"  # to be looked at by a person, with the claims noted


@dataclass(frozen=True, slots=True)
class Decision(Generic[Ref]):
    outcome: Outcome
    ticket: Ref | None = None
    evidence: Evidence | None = None
    claimed: tuple[Ref, ...] = ()  # "claims to belong to …", refused
    reason: str = ""


def choose_thread(
    claims: Sequence[Claim[Ref]],
    sender: str,
    *,
    sender_verified: bool | None,
    sender_known: bool,
    subject_needs_verified: bool = False,
) -> Decision[Ref]:
    """`sender_verified`: DMARC's verdict (None: nobody checked). `sender_known`: belongs to some tenant.

    A From address costs nothing to forge. So a failed check never joins without a token; a subject's
    number joins for its participants alone; and no evidence joins for a stranger, who might otherwise
    write into, or be copied on, somebody else's ticket.
    """
    sender = sender.lower().strip()
    ordered = sorted(claims, key=lambda claim: claim.evidence)
    for claim in ordered:
        if _may_join(claim, sender, sender_verified, subject_needs_verified):
            return Decision(Outcome.JOIN, claim.ticket, claim.evidence)
    claimed = tuple(dict.fromkeys(claim.ticket for claim in ordered))
    strong = [claim for claim in ordered if claim.evidence is not Evidence.SUBJECT]
    if sender_verified is False and ordered:
        return Decision(Outcome.TRIAGE, claimed=claimed, reason="sender_failed_authentication")
    if strong and not sender_known:
        return Decision(Outcome.TRIAGE, claimed=claimed, reason="sender_unknown_to_ticket")
    return Decision(Outcome.NEW, claimed=claimed, reason="sender_not_of_ticket" if claimed else "")


def _may_join(claim: Claim[Ref], sender: str, verified: bool | None, subject_needs_verified: bool) -> bool:
    if not sender:
        return False
    if claim.evidence is Evidence.TOKEN:
        return sender in claim.participants or (verified is not False and sender in claim.colleagues)
    if verified is False:
        return False
    if claim.evidence is Evidence.REFERENCE:
        return sender in claim.participants or sender in claim.colleagues
    return sender in claim.participants and (verified is True or not subject_needs_verified)
