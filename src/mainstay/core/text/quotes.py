"""Folds quoted history and signatures of plain text. Nothing is deleted: every line lands in one part."""

import re
from dataclasses import dataclass

from mainstay.core.text.phrases import (
    ATTRIBUTION_END,
    ATTRIBUTION_NAMED,
    ATTRIBUTION_START,
    FORWARD,
    HEADER_FROM,
    HEADER_OTHER,
    ORIGINAL,
    SENT_FROM,
)

MAX_SIGNATURE_LINES = 25
MAX_LINES = 20_000  # beyond, history is no longer looked for
_RULE = re.compile(r"^\s*[_\-=*]{5,}\s*$")
_QUOTED = re.compile(r"^\s{0,3}[>|]")


@dataclass(frozen=True, slots=True)
class Folded:
    visible: str
    quoted: str
    signature: str


def fold(text: str) -> Folded:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    quoted = _quoted_lines(lines)
    signature = _signature_start(lines, quoted)
    parts: tuple[list[str], list[str], list[str]] = ([], [], [])
    for number, line in enumerate(lines):
        if number in quoted:
            parts[1].append(line)
        else:
            parts[2 if signature is not None and number >= signature else 0].append(line)
    visible, history, ending = ("\n".join(part).strip("\n") for part in parts)
    if not visible.strip():
        return Folded("\n".join(lines).strip("\n"), "", "")
    return Folded(visible, history, ending)


def is_attribution(line: str) -> bool:
    """ "On Monday, Ana wrote:", "El lunes, Ana escribió:" and their like."""
    line = line.strip().lstrip("> ").strip("* ")
    if len(line) > 400 or len(line) < 6:
        return False
    if not ATTRIBUTION_END.search(line[-60:]):
        return line.endswith((":", "：")) and bool(ATTRIBUTION_NAMED.search(line))
    return bool(ATTRIBUTION_START.match(line) or re.search(r"\d{1,4}[./:-]\d|<\S+@\S+>|\d{4}", line))


def is_forward(line: str) -> bool:
    return bool(FORWARD.match(line[:120]))


def _quoted_lines(lines: list[str]) -> frozenset[int]:
    start = _history_start(lines)
    marked = [n for n in range(start) if _QUOTED.match(lines[n])]
    if not marked:
        return frozenset(range(start, len(lines)))
    blocks = _blocks(lines, marked, start)
    # Answers written between the quotes need them: with more than one answered quote all stays in view.
    words = [n for n in range(start) if _is_own_word(lines[n])]
    answered = [b for b in blocks if words and words[-1] >= b[1]]
    leading = [b for b in blocks if words and words[0] < b[0]]
    interleaved = len(answered) > 1 or (answered and leading and len(blocks) > 1)
    hidden = set(range(start, len(lines)))
    if not interleaved:
        for first, last in blocks:
            hidden.update(range(first, last))
    return frozenset(hidden)


def _is_own_word(line: str) -> bool:
    return bool(line.strip()) and not _QUOTED.match(line) and not is_attribution(line)


def _blocks(lines: list[str], marked: list[int], end: int) -> list[tuple[int, int]]:
    """Runs of marked lines (blank lines between them included), with the attribution above."""
    blocks: list[tuple[int, int]] = []
    for number in marked:
        if blocks and all(not lines[n].strip() for n in range(blocks[-1][1], number)):
            blocks[-1] = (blocks[-1][0], number + 1)
        else:
            blocks.append((_with_attribution(lines, number), number + 1))
    return [(first, min(last, end)) for first, last in blocks]


def _with_attribution(lines: list[str], number: int) -> int:
    above = number - 1
    while above >= 0 and number - above <= 3 and not lines[above].strip():
        above -= 1
    for height in range(1, 5):
        first = above - height + 1
        if first < 0 or not lines[first].strip():
            break
        joined = " ".join(line.strip() for line in lines[first : above + 1])
        if ATTRIBUTION_START.match(joined.lstrip("- ")) and is_attribution(joined):
            return first
    return above if above >= 0 and is_attribution(lines[above]) else number


def _history_start(lines: list[str]) -> int:
    """The line from which everything is history, or the number of lines."""
    for number, line in enumerate(lines[:MAX_LINES]):
        if not line.strip() or _QUOTED.match(line):
            continue
        if is_forward(line):
            return len(lines)
        if ORIGINAL.match(line[:120]) and _has_rest(lines, number):
            return number
        if _is_header_block(lines, number):
            above = next((n for n in range(number - 1, max(number - 4, -1), -1) if lines[n].strip()), number)
            return above if _RULE.match(lines[above]) else number
        attributed = is_attribution(line) or _split_attribution(lines, number)
        if attributed and _followed_by_plain_history(lines, number):
            return number
    return len(lines)


def _has_rest(lines: list[str], number: int) -> bool:
    return any(line.strip() for line in lines[number + 1 : number + 8])


def _split_attribution(lines: list[str], number: int) -> bool:
    if not ATTRIBUTION_START.match(lines[number].strip()):
        return False
    joined = lines[number].strip()
    for line in lines[number + 1 : number + 4]:
        if not line.strip():
            return False
        joined += " " + line.strip()
        if is_attribution(joined):
            return True
    return False


def _followed_by_plain_history(lines: list[str], number: int) -> bool:
    """Whether unmarked history follows an attribution. Marked history is found by its marks."""
    below = [line for line in lines[number + 1 : number + 8] if line.strip()]
    if not below:
        return False
    if any(_QUOTED.match(line) for line in below[:4]):
        return False
    # Without marks only an attribution with a date in it is believed; "On reflection, he said:" is not one.
    words = " ".join(line.strip() for line in lines[number : number + 4])[:400]
    return bool(ATTRIBUTION_START.match(words) and re.search(r"\d{4}|\d:\d\d|\d[./]\d", words))


def _is_header_block(lines: list[str], number: int) -> bool:
    """Outlook's way: From, Sent, To, Subject one below the other."""
    if not HEADER_FROM.match(lines[number][:200]) and not HEADER_OTHER.match(lines[number][:200]):
        return False
    block = [line[:200] for line in lines[number : number + 10] if line.strip()][:5]
    return is_header_block(block)


def is_header_block(rows: list[str]) -> bool:
    """At least three of the rows name a header, one of them the sender."""
    senders = sum(bool(HEADER_FROM.match(row)) for row in rows)
    others = sum(bool(HEADER_OTHER.match(row)) for row in rows if not HEADER_FROM.match(row))
    return senders >= 1 and senders + others >= 3


def _signature_start(lines: list[str], quoted: frozenset[int]) -> int | None:
    own = [n for n in range(len(lines)) if n not in quoted and lines[n].strip()]
    for place, number in enumerate(reversed(own)):
        line = lines[number].strip()
        if place < MAX_SIGNATURE_LINES and lines[number] in ("-- ", "--", "—", "– "):
            return number
        if place < 2 and SENT_FROM.match(line[:120]):
            return number
        if place >= MAX_SIGNATURE_LINES:
            return None
    return None
