"""Repairs that must come before anything is read."""


def with_line_feeds(raw: bytes, defects: set[str]) -> bytes:
    """Lines of old systems that end in a lone carriage return, made readable."""
    head = raw[:8000]
    if b"\n" not in head and b"\r" in head:
        defects.add("line_ends_wrong")
        return raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\r\r\n" in head:
        defects.add("line_ends_wrong")
        return raw.replace(b"\r\r\n", b"\n")
    return raw
