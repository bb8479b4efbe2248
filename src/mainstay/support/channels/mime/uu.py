"""Uuencoded files inside plain text, and paragraphs sent as format=flowed."""

import binascii
import re

from mainstay.core.text.headers import safe_filename

_BEGIN = re.compile(r"^begin [0-7]{3,4} (\S[^\r\n]{0,200})$")


def extract_uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text without its uuencoded blocks, and the files that were in them."""
    if "\nend" not in text or "begin " not in text:
        return text, []
    lines, kept, files = text.split("\n"), list[str](), list[tuple[str, bytes]]()
    ends = [n for n, line in enumerate(lines) if line.rstrip() == "end"]
    at = 0
    while at < len(lines):
        match = _BEGIN.match(lines[at].rstrip())
        while ends and ends[0] <= at:
            ends.pop(0)
        data = _decode(lines[at + 1 : ends[0]]) if match and ends and len(files) < 200 else None
        if match and data is not None:
            files.append((safe_filename(match[1]), data))
            at = ends[0] + 1
        else:
            kept.append(lines[at])
            at += 1
    return "\n".join(kept), files


def _decode(lines: list[str]) -> bytes | None:
    out = []
    for line in lines:
        stripped = line.rstrip("\r")
        if not stripped:
            continue
        try:
            data = stripped.encode("ascii")
        except UnicodeEncodeError:
            return None
        if not 32 <= data[0] <= 96:
            return None
        try:
            out.append(binascii.a2b_uu(data))
        except ValueError:
            # Encoders disagree about the padding; the length byte says what counts.
            size = (((data[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(data[:size]))
            except ValueError:
                return None
    return b"".join(out)


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
