"""Uuencoded files inside plain text, and paragraphs sent as format=flowed."""

import binascii
import re

from mainstay.core.text.headers import safe_filename

MAX_FILES = 200
_BEGIN = re.compile(r"^begin [0-7]{3,4} (\S[^\r\n]{0,200})$")


def extract_uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text without its uuencoded blocks, and the files that were in them."""
    if "\nend" not in text or "begin " not in text:
        return text, []
    lines, kept, files = text.split("\n"), list[str](), list[tuple[str, bytes]]()
    at = 0
    while at < len(lines):
        match = _BEGIN.match(lines[at].rstrip())
        found = _decode(lines, at + 1) if match and len(files) < MAX_FILES else None
        if match and found:
            content, at = found
            files.append((safe_filename(match[1]), content))
        else:
            kept.append(lines[at])
            at += 1
    return "\n".join(kept), files


def _decode(lines: list[str], at: int) -> tuple[bytes, int] | None:
    """The content up to the line "end", and the line after it; None at the first line that does not fit."""
    out: list[bytes] = []
    for number in range(at, len(lines)):
        line = lines[number].rstrip("\r")
        if line.rstrip() == "end":
            return b"".join(out), number + 1
        if line and (not line.isascii() or not 32 <= ord(line[0]) <= 96):
            return None
        try:
            # Encoders disagree about trailing padding; the length in front says what counts.
            size = ((ord(line[0]) - 32 & 63) + 2) // 3 * 4 + 1 if line else 0
            out.append(binascii.a2b_uu(line[:size]))
        except ValueError:
            return None
    return None


def unflow(text: str, *, delete_space: bool) -> str:
    """Joins the lines of RFC 3676 text into paragraphs, quote by quote."""
    out: list[tuple[int, str]] = []
    parts: list[str] = []
    flowing = False
    for line in text.split("\n"):
        bare = line.lstrip(">")
        depth = len(line) - len(bare)
        bare = bare[1:] if bare.startswith(" ") else bare
        signature = bare == "-- "
        if flowing and out and out[-1][0] == depth and not signature:
            parts.append(bare)
        else:
            parts = [bare]
            out.append((depth, ""))
        soft = bare.endswith(" ") and not signature
        if soft and delete_space:
            parts[-1] = bare[:-1]
        flowing = soft
        if not soft:
            out[-1] = (depth, "".join(parts))
    if flowing and out:
        out[-1] = (out[-1][0], "".join(parts))
    return "\n".join((">" * depth + " " if depth else "") + words for depth, words in out)
