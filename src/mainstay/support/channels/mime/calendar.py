"""The few facts of a calendar invitation that a reader needs."""

import re

from mainstay.core.text.headers import clean_line
from mainstay.support.channels.mime.mail import Invite

_LINE = re.compile(r"([A-Z-]+)((?:;[^:;\"]*+(?:\"[^\"]*+\"[^:;\"]*+)*+)*+):(.*)")
MAX_CHARS = 200_000


def read_invite(text: str) -> Invite | None:
    text = re.sub(r"\n[ \t]", "", text[:MAX_CHARS].replace("\r\n", "\n"))
    method, facts, inside = "", dict[str, str](), False
    for line in text.split("\n"):
        match = _LINE.match(line[:5000])
        if match is None:
            continue
        name, value = match[1], match[3].strip()
        if name == "METHOD":
            method = value
        elif name == "BEGIN" and value.upper() == "VEVENT":
            if facts:
                break
            inside = True
        elif name == "END" and value.upper() == "VEVENT":
            inside = False
        elif inside and name in ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "ORGANIZER"):
            facts.setdefault(name, _with_zone(name, match[2], value))
    if not facts:
        return None
    return Invite(
        method=clean_line(method.upper(), 20),
        summary=_plain(facts.get("SUMMARY", "")),
        starts=_plain(facts.get("DTSTART", "")),
        ends=_plain(facts.get("DTEND", "")),
        location=_plain(facts.get("LOCATION", "")),
        organizer=re.sub(r"(?i)^mailto:", "", _plain(facts.get("ORGANIZER", ""))),
    )


def _with_zone(name: str, params: str, value: str) -> str:
    if not name.startswith("DT"):
        return value
    day = re.match(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?", value)
    if day is None:
        return value
    readable = f"{day[1]}-{day[2]}-{day[3]}"
    if day[4]:
        zone = re.search(r"TZID=\"?([^;:\"]+)", params)
        readable += f" {day[4]}:{day[5]}" + (" UTC" if day[6] else f" {zone[1]}" if zone else "")
    return readable


def _plain(value: str) -> str:
    value = value.replace("\\n", " ").replace("\\N", " ")
    return clean_line(re.sub(r"\\(.)", r"\1", value), 300)


def describe(invite: Invite) -> str:
    when = invite.starts + (f" – {invite.ends}" if invite.ends else "")
    return "\n".join(part for part in (invite.summary, when, invite.location, invite.organizer) if part)
