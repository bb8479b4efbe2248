"""Words for why we do not connect, and how a connection failed."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.core.outgoing.rules import FailureKind, Refusal

REFUSALS: Final[dict[str, str | LazyText]] = {
    Refusal.UNREADABLE: _("This is no web address (example: https://example.com/hook)."),
    Refusal.SCHEME: _("The address must begin with https:// or http://."),
    Refusal.USER: _("The address must hold no user name or password."),
    Refusal.NO_HOST: _("The address names no host."),
    Refusal.HOST: _("The address names no valid host."),
    Refusal.SPELLING: _("Write an IP address as four decimal numbers, or as IPv6 in brackets."),
    Refusal.PRIVATE: _("The address leads to a private or reserved network."),
    Refusal.PORT: _("This port is not allowed."),
}
FAILURES: Final[dict[str, str | LazyText]] = {
    FailureKind.DNS: _("The name of the host could not be resolved."),
    FailureKind.CONNECT: _("No connection could be made."),
    FailureKind.TLS: _("No secure connection could be made."),
    FailureKind.TIMEOUT: _("There was no complete answer in time."),
    FailureKind.BROKEN: _("The answer broke off, or was none."),
    FailureKind.TOO_LONG: _("The answer was too long."),
}
