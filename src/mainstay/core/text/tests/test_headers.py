import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.text.headers import clean_line, safe_filename


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("Hello\r\nBcc: victim@example.com", "Hello Bcc: victim@example.com"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("a\u200bb\ufeffc\u2066d\u2069", "abcd"),
        ("nul\x00 bell\x07", "nul bell"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("👩\u200d💻 works", "👩\u200d💻 works"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("pay\u200dpal", "paypal"),
        ("  tabs\tand\u2028lines  ", "tabs and lines"),
    ],
)
def test_one_clean_line(given_text: str, shown: str) -> None:
    assert clean_line(given_text) == shown


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\report.pdf", "report.pdf"),
        ("", "attachment"),
        ("...", "attachment"),
        (".htaccess", "htaccess"),
        ("CON.txt", "_CON.txt"),
        ("a<b>:c|d?.png", "a_b__c_d_.png"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("x" * 400 + ".tar.gz", "x" * 117 + ".gz"),
        ("line\r\nbreak.txt", "line break.txt"),
        ("año – informe.pdf", "año – informe.pdf"),
    ],
)
def test_file_names(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


@given(st.text(), st.integers(1, 50))
def test_a_clean_line_is_one_line_within_its_limit(text: str, limit: int) -> None:
    line = clean_line(text, limit)
    assert len(line) <= limit
    assert line.splitlines() in ([line], [])
    line.encode("utf-8")


@given(st.text(st.characters()))
def test_a_file_name_stays_itself(name: str) -> None:
    safe = safe_filename(name)
    assert safe_filename(safe) == safe
    assert safe
    assert not set(safe) & set('/\\<>:"|?*\x00\n')
