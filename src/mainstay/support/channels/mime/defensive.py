"""Repairs that must come before anything is read."""


def with_line_feeds(raw: bytes, defects: set[str]) -> bytes:
    """Lines of old systems that end in a lone carriage return, made readable."""
    head = raw[:8000]
    feeds, returns = head.count(b"\n"), head.count(b"\r") - head.count(b"\r\n")
    # More than, not instead of: the last line came with the transport's own, proper end.
    if returns > feeds:
        defects.add("line_ends_wrong")
        return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\r\r\n" in head:
        defects.add("line_ends_wrong")
        return raw.replace(b"\r\r\n", b"\n")
    return raw
