"""Authentication-Results (RFC 8601) of servers we trust. Anybody can write the header; ARC is ignored."""

import re
from collections.abc import Iterable

from mainstay.support.channels.mime.mail import AuthResults
from mainstay.support.channels.mime.words import header_text

_COMMENT = re.compile(r"\([^()]*\)")
_VERDICT = re.compile(r";\s*(dmarc|spf|dkim)\s*=\s*([a-z]{1,20})", re.I)


def read_auth_results(values: list[bytes], trusted_servers: Iterable[str]) -> AuthResults:
    """Of each trusted server's headers only the topmost counts: below it the sender may have written."""
    trusted = {server.lower().strip() for server in trusted_servers}
    for value in values[:20]:
        text = _COMMENT.sub(" ", header_text(value[:8000]))
        server = text.split(";", 1)[0].split()
        if server and server[0].lower() in trusted:
            return _verdicts(text)
    return AuthResults()


def _verdicts(text: str) -> AuthResults:
    found: dict[str, str] = {}
    for method, verdict in _VERDICT.findall(text.lower()):
        # Several DKIM signatures: one that passes is enough.
        if method not in found or (method == "dkim" and verdict == "pass"):
            found[method] = verdict
    return AuthResults(found.get("dmarc"), found.get("spf"), found.get("dkim"))
