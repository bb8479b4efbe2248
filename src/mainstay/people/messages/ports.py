"""The way out for mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mainstay.people.messages.models import Delivery


class TemporaryFailure(Exception):
    """Try again later."""


class PermanentFailure(Exception):
    """Trying again would be refused again."""


class Postman(Protocol):
    def send(self, delivery: Delivery) -> None:
        """Hand over one mail, or raise one of the failures above. Called outside of any transaction."""
