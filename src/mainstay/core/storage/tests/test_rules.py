import unicodedata
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.storage.rules import (
    HEAD_SIZE,
    NAME_LIMIT,
    clean_filename,
    is_storage_key,
    may_show_inline,
    sniff,
    storage_key,
)

SHA = "ab" * 32


@pytest.mark.parametrize(
    ("given_name", "clean"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\bill.xlsx", "bill.xlsx"),
        ("a\r\nSet-Cookie: x=1", "a Set-Cookie: x=1"),
        ("invoice\u202egpj.exe", "invoice gpj.exe"),
        ("nul\0byte.txt", "nul byte.txt"),
        ("...", "file"),
        ("", "file"),
        (" .htaccess ", "htaccess"),
        ("half \ud83d pair.txt", "half ? pair.txt"),
        ("é.txt", "é.txt"),
        ("x" * 400 + ".pdf", "x" * 196 + ".pdf"),
        ("x" * 400, "x" * 200),
        ('"><script>alert(1)</script>.png', "script>.png"),
    ],
)
def test_names_are_cleaned(given_name: str, clean: str) -> None:
    assert clean_filename(given_name) == clean


@given(st.text())
def test_a_clean_name_is_a_name(name: str) -> None:
    clean = clean_filename(name)
    assert 1 <= len(clean) <= NAME_LIMIT
    assert not set("/\\\r\n\0") & set(clean)
    assert not any(unicodedata.category(c)[0] == "C" for c in clean)
    assert clean_filename(clean) == clean
    clean.encode()


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "x.html", "image/png"),
        (b"\xff\xd8\xff\xe0..", "", "image/jpeg"),
        (b"GIF89a", "", "image/gif"),
        (b"RIFF....WEBPVP8 ", "", "image/webp"),
        (b"XXXX....WEBPVP8 ", "", "text/plain"),
        (b"%PDF-1.7", "x.png", "application/pdf"),
        (
            b"PK\x03\x04....",
            "letter.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"PK\x03\x04....", "letter.html", "application/zip"),
        (b"MZ\x90\0", "photo.png", "application/vnd.microsoft.portable-executable"),
        (b"<html><script>alert(1)</script>", "x.html", "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "x.svg", "text/plain"),
        (b"<?xml version='1.0'?><x/>", "x.xhtml", "text/plain"),
        (b"a,b\n1,2\n", "x.csv", "text/csv"),
        (b"a,b\n1,2\n", "x.png", "text/plain"),
        (b"x" * (HEAD_SIZE - 1) + b"\xc3", "", "text/plain"),
        (b"caf\xe9", "x.txt", "application/octet-stream"),
        (b"\0\1\2", "x.png", "application/octet-stream"),
        (b"", "", "text/plain"),
    ],
)
def test_the_bytes_say_what_it_is(head: bytes, name: str, kind: str) -> None:
    assert sniff(head, name) == kind


@given(st.binary(max_size=600), st.text(max_size=20))
def test_nothing_is_ever_active(head: bytes, name: str) -> None:
    kind = sniff(head, name)
    assert not any(word in kind for word in ("html", "svg", "javascript", "xml;"))
    assert may_show_inline(kind) == (kind in {"image/png", "image/jpeg", "image/gif", "image/webp"})


def test_keys_are_told_from_paths() -> None:
    key = storage_key(uuid4(), SHA, uuid4())
    assert is_storage_key(key)
    for wrong in ("../" + key, key + "/..", key.upper(), "", "/" + key, key + "\n"):
        assert not is_storage_key(wrong)
