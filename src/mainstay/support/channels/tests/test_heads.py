"""What servers answer to a FETCH, in the ways they do."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from mainstay.support.channels.imap.heads import Answer, answers, read_head

HEADER = (
    b"Message-ID: <a@b>\r\nSubject: =?utf-8?q?H=C3=A9?=\r\n and more\r\nFrom: Ana <ana@acme.example>\r\n\r\n"
)
ATTRIBUTES = b'1 (UID 7 RFC822.SIZE 99 INTERNALDATE "02-Mar-2026 10:00:00 +0100" BODY[HEADER] {9}'


def test_the_uid_before_or_after_the_literal() -> None:
    (before,) = answers([(ATTRIBUTES, b"x"), b")"])
    (after,) = answers([(b"1 (BODY[] {1}", b"x"), b" UID 7)"])
    assert (before.uid, before.literal, after.uid, after.literal) == (7, b"x", 7, b"x")


def test_news_of_other_mails_slip_in() -> None:
    found = answers([b"3 (FLAGS (\\Seen) UID 9)", (ATTRIBUTES, b"x"), b")", b"4 (FLAGS ())", None])
    assert [(one.uid, one.literal) for one in found] == [(9, None), (7, b"x")]


def test_nothing_is_nothing() -> None:
    assert answers([None]) == []


def test_what_is_noted_of_a_mail() -> None:
    head = read_head(Answer(7, ATTRIBUTES, HEADER))
    assert (head.uid, head.size, head.header_id) == (7, 99, "a@b")
    assert head.arrived_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert (head.subject, head.sender) == ("Hé and more", "Ana <ana@acme.example>")


@given(st.binary(max_size=400), st.binary(max_size=200))
def test_no_header_breaks_it(header: bytes, attributes: bytes) -> None:
    head = read_head(Answer(1, attributes, header))
    assert len(head.subject) <= 300
    assert "\x00" not in head.subject + head.sender + head.header_id
