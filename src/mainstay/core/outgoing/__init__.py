"""The one way out by HTTP: `send`, guarded against addresses that lead inside (see `client.py`)."""

from mainstay.core.outgoing.client import (
    Answer,
    OutgoingFailed,
    check_url,
    operator_guard,
    public_guard,
    send,
)
from mainstay.core.outgoing.network import OutgoingRefused
from mainstay.core.outgoing.rules import FailureKind, Guard, Refusal

__all__ = [
    "Answer",
    "FailureKind",
    "Guard",
    "OutgoingFailed",
    "OutgoingRefused",
    "Refusal",
    "check_url",
    "operator_guard",
    "public_guard",
    "send",
]
