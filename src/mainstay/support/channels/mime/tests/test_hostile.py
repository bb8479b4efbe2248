"""Whatever the bytes: no exception, storable text, linear time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.support.channels.mime.parse import parse_mail
from mainstay.support.channels.mime.tests.make import attached, bounce, mail, multipart, part, storable
from mainstay.support.channels.mime.tests.zoo import BODIES, FILES

SEEDS = [*(raw for raw, _ in BODIES.values()), *(raw for raw, _ in FILES.values()), bounce()]


@given(st.binary(max_size=600))
def test_no_bytes_raise(raw: bytes) -> None:
    storable(parse_mail(raw))


@settings(max_examples=400)
@given(st.sampled_from([s for s in SEEDS if len(s) < 20_000]), st.data())
def test_no_damage_raises(seed: bytes, data: st.DataObject) -> None:
    damaged = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(len(damaged) - 1, 0)))
        damaged[at : at + data.draw(st.integers(0, 12))] = data.draw(st.binary(max_size=6))
    storable(parse_mail(bytes(damaged)))


@given(
    st.lists(
        st.sampled_from(
            [
                b"From: ",
                b"=?utf-8?",
                b"b?",
                b"q?",
                b"?=",
                b'"',
                b"<",
                b"@",
                b">",
                b"(",
                b")",
                b"\\",
                b",",
                b";",
                b":",
                b"\r\n ",
                b"=",
                b"*0*=",
                b"''%",
                b"\xff",
                b"a",
            ]
        ),
        max_size=60,
    )
)
def test_no_header_raises(pieces: list[bytes]) -> None:
    value = b"".join(pieces)
    storable(parse_mail(mail(sender=value, subject=value, headers=b"Content-Disposition: " + value)))


HOSTILE: dict[str, bytes] = {
    "encoded words": mail(subject="=?utf-8?q?" * 50_000),
    "quotes": mail(sender='"' * 100_001 + "<a@b.example>"),
    "escapes": mail(sender='"' + '\\"' * 100_000),
    "comments": mail(sender="(" * 200_000),
    "escaped comments": mail(sender="(\\(" * 100_000),
    "commas": mail(to="," * 300_000),
    "angles": mail(to="<" * 300_000),
    "parameters": mail("x", kind="multipart/mixed" + ';a="\\"' * 30_000),
    "many parameters": multipart("mixed", *[part("text/plain" + ';a="\\"' * 600, "x")] * 900),
    "boundaries": mail("--b\n" * 300_000, kind="multipart/mixed; boundary=b"),
    "near boundaries": mail("--bb\n" * 300_000, kind="multipart/mixed; boundary=b"),
    "headers": mail(headers="\r\n".join(f"X-{n}: y" for n in range(60_000))),
    "references": mail(headers="References: " + "<a@b> " * 100_000),
    "base64 runs": mail("YQ==" * 400_000, headers="Content-Transfer-Encoding: base64"),
    "begins": mail("begin 644 a\n" * 100_000 + "end"),
    "html": mail("<blockquote>" * 100_000, kind="text/html"),
    "broken headers": b"From: a@b.example\n" + b"x\n" * 500_000,
    "calendar": mail("BEGIN:VEVENT\n" + "A;" * 100_000, kind="text/calendar"),
    "tnef": multipart(
        "mixed",
        attached("winmail.dat", b"\x78\x9f\x3e\x22\x01\x00" + bytes(2_000_000), "application/ms-tnef"),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.timeout(60)
def test_hostile_mails_take_linear_time(name: str) -> None:
    """Measured below 1.5 s each; the time-out leaves room for a busy machine, not for quadratic time."""
    storable(parse_mail(HOSTILE[name]))
