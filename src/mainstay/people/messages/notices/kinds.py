"""The registry of what people can be told: each room declares its kinds in its own `notices.py`, as it declares
its permissions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.utils.functional import Promise as LazyText

from mainstay.core.actor import MEMBER_ROLES, STAFF_ROLES, Role
from mainstay.people.messages.rules import ANY_CHANNEL, Channel, Side, channel_for

Words = str | LazyText
Params = Mapping[str, str]
_KINDS: dict[str, NoticeKind] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeKind:
    """`sentence` uses `{field}`s of the notice's params; `words` says what a param's codes are called.

    `roles`: who can ever get it; their preferences show it.
    `why_always`: the page's reason where it cannot be off. `advice`: a line under its mails.
    `is_urgent`: mailed at once; others only if they are still unread a little later.
    `mails_itself`: the room sends its own mail (a conversation, with its thread); ask `who_wants_mail` for whom.
    `quotes`: more text for the mail, read from the room's own rows when it is written, so that the notice need
    not keep it; called in a sweep with the params of several notices, answers in their order.
    """

    key: str
    group: Words
    title: Words
    sentence: Words
    roles: frozenset[Role]
    default: Channel = Channel.IN_APP
    allowed: frozenset[Channel] = ANY_CHANNEL
    why_always: Words = ""
    advice: Words = ""
    is_urgent: bool = False
    mails_itself: bool = False
    icon: str = "bell"
    words: Mapping[str, Mapping[str, Words]] = field(default_factory=dict)
    quotes: Callable[[Sequence[Params]], Sequence[str]] | None = None

    def __post_init__(self) -> None:
        if self.default not in self.allowed:
            raise ValueError(f"{self.key}: the default is not allowed")
        if Channel.OFF not in self.allowed and not self.why_always:
            raise ValueError(f"{self.key}: say why it cannot be off")
        if _KINDS.setdefault(self.key, self) is not self:
            raise ValueError(f"notice kind {self.key} is declared twice")

    def channel(self, chosen: str | None) -> Channel:
        return channel_for(self.allowed, self.default, chosen)

    @property
    def sides(self) -> frozenset[Side]:
        return frozenset(side for side, roles in _ROLES_OF.items() if self.roles & roles)

    @property
    def may_be_off(self) -> bool:
        return Channel.OFF in self.allowed


_ROLES_OF: Final = {Side.STAFF: STAFF_ROLES, Side.MEMBER: MEMBER_ROLES}


def notice_kinds() -> dict[str, NoticeKind]:
    return dict(_KINDS)


def kind_of(key: str) -> NoticeKind:
    """Raises LookupError: to tell people something, its kind must be declared."""
    return _KINDS[key]
