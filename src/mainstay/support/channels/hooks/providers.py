"""What each provider posts. django-anymail knows their signatures and formats; where a provider hands on the mail as
it came, those bytes are taken, and nothing is put together anew.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from anymail.webhooks import mailersend, mailgun, mailjet, mandrill, postmark, sendgrid, sparkpost
from django.http import HttpRequest

from mainstay.support.channels.hooks.body import Posted
from mainstay.support.channels.rules import SIGNED, Provider


class WrongSignature(Exception):
    """Whoever posted does not know the key."""


class Unreadable(Exception):
    """Not what this provider posts to this address; the words say why."""


@dataclass(frozen=True, slots=True)
class Brought:
    raw: bytes = field(repr=False)
    sender: str = ""
    """Of the envelope."""
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mail of ours. `is_final`: the address does not exist."""

    email: str
    is_complaint: bool
    is_final: bool
    detail: str


EventType, RejectReason = mailgun.EventType, mailgun.RejectReason
_INBOUND: Final[dict[Provider, Any]] = {
    Provider.MAILERSEND: mailersend.MailerSendInboundWebhookView,
    Provider.MAILGUN: mailgun.MailgunInboundWebhookView,
    Provider.MAILJET: mailjet.MailjetInboundWebhookView,
    Provider.MANDRILL: mandrill.MandrillCombinedWebhookView,
    Provider.POSTMARK: postmark.PostmarkInboundWebhookView,
    Provider.SENDGRID: sendgrid.SendGridInboundWebhookView,
    Provider.SPARKPOST: sparkpost.SparkPostInboundWebhookView,
}
_TRACKING: Final[dict[Provider, Any]] = {
    Provider.MAILERSEND: mailersend.MailerSendTrackingWebhookView,
    Provider.MAILGUN: mailgun.MailgunTrackingWebhookView,
    Provider.MAILJET: mailjet.MailjetTrackingWebhookView,
    Provider.MANDRILL: mandrill.MandrillCombinedWebhookView,
    Provider.POSTMARK: postmark.PostmarkTrackingWebhookView,
    Provider.SENDGRID: sendgrid.SendGridTrackingWebhookView,
    Provider.SPARKPOST: sparkpost.SparkPostTrackingWebhookView,
}
_KEYS: Final[dict[tuple[Provider, bool], Callable[[str, str], dict[str, str]]]] = {
    (Provider.MAILGUN, False): lambda secret, url: {"webhook_signing_key": secret},
    (Provider.MAILGUN, True): lambda secret, url: {"webhook_signing_key": secret},
    (Provider.MANDRILL, False): lambda secret, url: {"webhook_key": secret, "webhook_url": url},
    (Provider.MANDRILL, True): lambda secret, url: {"webhook_key": secret, "webhook_url": url},
    (Provider.MAILERSEND, False): lambda secret, url: {"inbound_secret": secret},
    (Provider.MAILERSEND, True): lambda secret, url: {"signing_secret": secret},
}


def read_mails(
    provider: Provider, request: HttpRequest, posted: Posted, *, secret: str, url: str
) -> list[Brought]:
    """`url`: the address as the provider knows it, which some sign."""
    view = _verified(provider, request, secret, url, is_tracking=False)
    with _Reading():
        whole = _WHOLE.get(provider)
        brought = whole(posted) if whole else None
        if brought is not None:
            return brought
        return [_put_together(event.message) for event in view.parse_events(request) if _is_mail(event)]


def read_outcomes(provider: Provider, request: HttpRequest, *, secret: str, url: str) -> list[Outcome]:
    """Bounces and complaints; what else providers tell is of no use here."""
    view = _verified(provider, request, secret, url, is_tracking=True)
    with _Reading():
        events = [event for event in view.parse_events(request) if event is not None]
    found = (_outcome(event) for event in events)
    return [outcome for outcome in found if outcome is not None]


def _verified(provider: Provider, request: HttpRequest, secret: str, url: str, *, is_tracking: bool) -> Any:
    kind = (_TRACKING if is_tracking else _INBOUND)[provider]
    if provider not in SIGNED:
        # The address itself is the proof. Their constructors only read settings, and warn of what is not set.
        return kind.__new__(kind)
    view = kind(**_KEYS[provider, is_tracking](secret, url), webhook_secret=[])
    try:
        view.run_validators(request)
    except AnymailWebhookValidationFailure as failure:
        raise WrongSignature(str(failure)) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongSignature(type(error).__name__) from None
    return view


class _Reading:
    """Whatever a strange payload makes the libraries raise is one thing here."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, AnymailConfigurationError):
            raise Unreadable(str(error)) from None
        if isinstance(
            error, KeyError | ValueError | TypeError | AttributeError | LookupError | AssertionError
        ):
            raise Unreadable(f"{type(error).__name__}: {error}") from error


def _is_mail(event: Any) -> bool:
    return event is not None and event.event_type == EventType.INBOUND


def _put_together(message: Any) -> Brought:
    recipient = message.envelope_recipient
    return Brought(message.as_bytes(), message.envelope_sender or "", (recipient,) if recipient else ())


# --- where the mail comes as it is. None: it comes in pieces.


def _whole_mailgun(posted: Posted) -> list[Brought] | None:
    raw = posted.fields.get("body-mime")
    if raw is None:
        return None
    return [Brought(raw, _word(posted, "sender"), tuple(filter(None, [_word(posted, "recipient")])))]


def _whole_sendgrid(posted: Posted) -> list[Brought] | None:
    raw = posted.fields.get("email")
    if raw is None:
        return None
    envelope = json.loads(_word(posted, "envelope") or "{}")
    return [Brought(raw, str(envelope.get("from") or ""), tuple(map(str, envelope.get("to") or ())))]


def _whole_postmark(posted: Posted) -> list[Brought] | None:
    event = json.loads(posted.body)
    if "RawEmail" not in event:
        return None
    recipient = str(event.get("OriginalRecipient") or "")
    return [Brought(_bytes(event["RawEmail"]), _return_path(event), (recipient,) if recipient else ())]


def _return_path(event: Any) -> str:
    headers = event.get("Headers") or []
    first = headers[0] if headers else {}
    return (
        str(first.get("Value", "")).strip("<> ")
        if str(first.get("Name", "")).lower() == "return-path"
        else ""
    )


def _whole_mandrill(posted: Posted) -> list[Brought] | None:
    events = json.loads(_word(posted, "mandrill_events"))
    inbound = [event["msg"] for event in events if event.get("event") == "inbound"]
    if any("raw_msg" not in message for message in inbound):
        return None
    return [
        Brought(
            _bytes(m["raw_msg"]), str(m.get("sender") or ""), tuple(filter(None, [str(m.get("email") or "")]))
        )
        for m in inbound
    ]


def _whole_sparkpost(posted: Posted) -> list[Brought] | None:
    found = []
    for event in json.loads(posted.body):
        relayed = event["msys"].get("relay_message")
        if relayed is None:
            if event["msys"]:
                raise Unreadable("no relay_message")
            continue  # a ping
        content = relayed["content"]
        raw = content["email_rfc822"]
        whole = b64decode(raw) if content.get("email_rfc822_is_base64") else _bytes(raw)
        found.append(Brought(whole, str(relayed.get("msg_from") or ""), (str(relayed.get("rcpt_to") or ""),)))
    return found


def _whole_mailersend(posted: Posted) -> list[Brought] | None:
    event = json.loads(posted.body)
    if event.get("type") != "inbound.message":
        raise Unreadable(f"an event of the type {event.get('type')}")
    data = event["data"]
    recipients = [str(one["email"]) for one in (data.get("recipients") or {}).get("rcptTo") or ()]
    return [
        Brought(_bytes(data["raw"]), str((data.get("sender") or {}).get("email") or ""), tuple(recipients))
    ]


_WHOLE: Final[dict[Provider, Callable[[Posted], list[Brought] | None]]] = {
    Provider.MAILERSEND: _whole_mailersend,
    Provider.MAILGUN: _whole_mailgun,
    Provider.MANDRILL: _whole_mandrill,
    Provider.POSTMARK: _whole_postmark,
    Provider.SENDGRID: _whole_sendgrid,
    Provider.SPARKPOST: _whole_sparkpost,
}


def _word(posted: Posted, name: str) -> str:
    return posted.fields.get(name, b"").decode("utf-8", "replace")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


# --- outcomes

_NO_SUCH_ADDRESS: Final = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")


def _outcome(event: Any) -> Outcome | None:
    email = str(event.recipient or "").strip().lower()
    said = " ".join(filter(None, (str(event.mta_response or ""), str(event.description or ""))))
    if not email:
        return None
    if event.event_type == EventType.COMPLAINED:
        return Outcome(email, True, False, said)
    if event.event_type not in (EventType.BOUNCED, EventType.REJECTED):
        return None
    payload = event.esp_event if isinstance(event.esp_event, dict) else {}
    is_final = (
        event.reject_reason == RejectReason.INVALID
        or payload.get("Type") == "HardBounce"  # Postmark
        or any(code in said for code in _NO_SUCH_ADDRESS)
    )
    return Outcome(email, False, is_final, said or str(event.reject_reason or ""))
