"""The SMTP door, over a real connection, with real commits."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest

from mainstay.core.wall.scope import sweep
from mainstay.support.channels.models import InboundMail, RawMail
from mainstay.support.channels.smtp import MAX_RECIPIENTS, Server
from mainstay.support.channels.tests.doors import smtp_door
from mainstay.support.channels.tests.make import raw_mail

SIZE_LIMIT = 2 * 1024 * 1024


@pytest.fixture
def port(committed: None) -> Iterator[int]:
    with smtp_door(SIZE_LIMIT) as chosen:
        yield chosen


def kept() -> list[bytes]:
    with sweep("take_in_mail"):
        return [bytes(raw.content) for raw in RawMail.objects.order_by("id")]


def test_250_means_it_is_in_the_database_byte_by_byte(port: int) -> None:
    raw = raw_mail(body="\xe4\n.leading dot\n" + "x" * 5000).replace(b"\n", b"\r\n")
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("ana@acme.example", ["support@mainstay.example"], raw)
        assert kept() == [raw]
    with sweep("take_in_mail"):
        row = InboundMail.objects.get()
    assert (row.envelope_from, row.envelope_to, row.size) == (
        "ana@acme.example",
        ["support@mainstay.example"],
        len(raw),
    )


def test_lines_longer_than_the_standard_allows_are_kept(port: int) -> None:
    raw = b"From: a@b.example\r\n\r\n" + b"y" * 200_000 + b"\r\n"
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("a@b.example", ["support@mainstay.example"], raw)
    assert kept() == [raw]


def test_eight_bit_rubbish_is_kept(port: int) -> None:
    raw = b"Subject: \xff\xfe\x80\r\n\r\n" + bytes(range(128, 256)) + b"\r\n"
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail("a@b.example", ["support@mainstay.example"], raw)
    assert kept() == [raw]


def test_too_large_is_refused_by_name_before_and_after_the_data(port: int) -> None:
    huge = b"Subject: x\r\n\r\n" + b"z" * (SIZE_LIMIT + 1000)
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        assert int(client.esmtp_features["size"]) == SIZE_LIMIT
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.sendmail("a@b.example", ["support@mainstay.example"], huge)
        assert refused.value.smtp_code == 552
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.helo()
        client.docmd("MAIL", "FROM:<a@b.example>")
        client.docmd("RCPT", "TO:<support@mainstay.example>")
        assert client.data(huge)[0] == 552
    assert kept() == []


@pytest.mark.parametrize(("said", "kept_as"), [("", ""), ("a@b.example", "a@b.example")])
def test_the_null_path_is_kept_as_empty(port: int, said: str, kept_as: str) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail(said, ["support@mainstay.example"], raw_mail())
    with sweep("take_in_mail"):
        assert InboundMail.objects.get().envelope_from == kept_as


def test_one_endless_line_is_too_large_as_well(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "line_length_limit", SIZE_LIMIT // 2)
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        client.mail("a@b.example")
        client.rcpt("support@mainstay.example")
        code, words = client.data(b"Subject: x\r\n\r\n" + b"z" * (SIZE_LIMIT * 2))
    assert (code, words) == (552, b"5.3.4 Message exceeds the limit of %d bytes" % SIZE_LIMIT)


def test_a_thousand_recipients_are_one_mail_and_more_are_told_so(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.ehlo()
        client.mail("a@b.example")
        codes = [client.rcpt(f"r{n}@mainstay.example")[0] for n in range(MAX_RECIPIENTS + 1)]
        client.data(raw_mail())
    assert codes[-1] == 452
    assert set(codes[:-1]) == {250}
    with sweep("take_in_mail"):
        assert len(InboundMail.objects.get().envelope_to) == MAX_RECIPIENTS


def test_a_database_that_is_away_is_an_answer_to_try_again(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connections

    broken = dict(connections["default"].settings_dict, PORT="1", HOST="127.0.0.1")
    monkeypatch.setattr(connections["default"], "settings_dict", broken)
    monkeypatch.setitem(connections.settings, "default", broken)
    with smtplib.SMTP("127.0.0.1", port) as client, pytest.raises(smtplib.SMTPDataError) as refused:
        client.sendmail("a@b.example", ["support@mainstay.example"], raw_mail())
    assert refused.value.smtp_code == 451
