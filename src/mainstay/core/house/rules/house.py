"""What the operator may set on a page. One line here, its words in `labels.py`, and `house().name` everywhere.

Each is also a variable of the environment, `MAINSTAY_` and its name; where that is given, it holds and the page only
shows it. Secrets and addresses of servers never stand here: they come from the environment or a file alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Final

from mainstay.core.actor import Permission, Role
from mainstay.core.house.rules.kinds import (
    ACCENT,
    CURRENCY,
    EMAIL,
    LANGUAGES,
    LINK,
    SWITCH,
    ZONE,
    Kind,
    Unfit,
    number,
    words,
)

SEE_SETTINGS: Final = Permission(
    "settings.see", frozenset({Role.ADMIN, Role.ENGINEER, Role.SUPPORT_MANAGER, Role.CS_MANAGER})
)
CHANGE_SETTINGS: Final = Permission("settings.change", frozenset({Role.ADMIN}))


class Group(StrEnum):
    COMPANY = "company"
    REGION = "region"
    MAIL = "mail"
    LINKS = "links"
    SECURITY = "security"
    KEEPING = "keeping"


@dataclass(frozen=True, slots=True)
class Definition:
    key: str
    kind: Kind
    default: str
    group: Group

    @property
    def variable(self) -> str:
        return f"MAINSTAY_{self.key.upper()}"


def _setting(group: Group, kind: Kind, default: str) -> Any:
    return field(default=kind.read(default), metadata={"setting": (kind, default, group)})


@dataclass(frozen=True, kw_only=True)
class House:
    operator_name: str = _setting(Group.COMPANY, words(120, needed=True), "Mainstay")
    product_name: str = _setting(Group.COMPANY, words(120, needed=True), "our product")
    postal_address: str = _setting(Group.COMPANY, words(500, lines=True), "")
    phone: str = _setting(Group.COMPANY, words(60), "")
    accent: str = _setting(Group.COMPANY, ACCENT, "")

    zone: str = _setting(Group.REGION, ZONE, "UTC")
    currency: str = _setting(Group.REGION, CURRENCY, "USD")
    languages: tuple[str, ...] = _setting(Group.REGION, LANGUAGES, "en,es")

    mail_from: str = _setting(Group.MAIL, EMAIL, "support@mainstay.example")
    mail_name: str = _setting(Group.MAIL, words(120), "")
    notice_mail_delay_minutes: int = _setting(Group.MAIL, number(0, 1440), "2")

    website_url: str = _setting(Group.LINKS, LINK, "")
    privacy_url: str = _setting(Group.LINKS, LINK, "")
    terms_url: str = _setting(Group.LINKS, LINK, "")
    imprint_url: str = _setting(Group.LINKS, LINK, "")

    session_days: int = _setting(Group.SECURITY, number(1, 365), "14")
    staff_session_days: int = _setting(Group.SECURITY, number(1, 365), "14")
    session_idle_hours: int = _setting(Group.SECURITY, number(1, 8760), "168")
    staff_second_factor: bool = _setting(Group.SECURITY, SWITCH, "no")
    show_staff_access: bool = _setting(Group.SECURITY, SWITCH, "yes")

    close_after_days: int = _setting(Group.KEEPING, number(1, 365), "7")
    keep_raw_mail_days: int = _setting(Group.KEEPING, number(0, 3650), "365")
    keep_webhooks_days: int = _setting(Group.KEEPING, number(0, 3650), "30")
    keep_events_days: int = _setting(Group.KEEPING, number(0, 36500), "0")
    keep_imports_days: int = _setting(Group.KEEPING, number(0, 36500), "30")
    keep_notices_days: int = _setting(Group.KEEPING, number(0, 3650), "180")
    keep_jobs_days: int = _setting(Group.KEEPING, number(0, 3650), "7")

    @property
    def language(self) -> str:
        """Where nothing else is known."""
        return self.languages[0]

    def offered(self, *wanted: str) -> str:
        """The first of these languages that is offered, else the house's own."""
        return next((language for language in wanted if language in self.languages), self.language)

    @property
    def sender_name(self) -> str:
        return self.mail_name or self.operator_name


DEFINITIONS: Final[dict[str, Definition]] = {
    f.name: Definition(f.name, *f.metadata["setting"]) for f in fields(House) if "setting" in f.metadata
}


def house_of(*layers: Mapping[str, str]) -> House:
    """From texts by key; a later layer beats the earlier ones. What no longer fits its kind (an older release wrote
    it) does not count."""
    values: dict[str, Any] = {}
    for layer in layers:
        for key, text in layer.items():
            definition = DEFINITIONS.get(key)
            if definition is None:
                continue
            try:
                values[key] = definition.kind.read(text)
            except Unfit:
                continue
    return House(**values)
