"""Files as they really are: marks, encodings, delimiters, quotes, and what is no CSV at all (PPL-12)."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.integrations.imports.rules.reading import (
    DELIMITERS,
    UNREADABLE,
    Unreadable,
    decode,
    guess_delimiter,
    lines,
    look_at,
    preview,
    records,
)

BOM = b"\xef\xbb\xbf"


def cells(data: bytes, encoding: str = "", delimiter: str = "") -> list[list[str]]:
    found = look_at([data])
    return [
        r.cells for r in records(decode([data], encoding or found.encoding), delimiter or found.delimiter)
    ]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("name;city\nJosé;Köln\n".encode(), "utf-8"),
        (BOM + "name;city\nJosé;Köln\n".encode(), "utf-8"),
        ("name;city\nJosé;Köln\n".encode("utf-16"), "utf-16"),
        ("name;city\nJosé;Köln\n".encode("utf-16-le"), "utf-16"),
        ("name;city\nJosé;Köln\n".encode("utf-16-be"), "utf-16"),
        ("name;city\nJosé;Köln\n".encode("latin-1"), "cp1252"),
        (BOM + "name;city\nJosé;Köln\n".encode("latin-1"), "cp1252"),
        ("\ufeffname;city\nJosé;Köln\n".encode().decode("latin-1").encode(), "utf-8"),
        (BOM + "name;city\nJosé;Köln\x81\n".encode("latin-1"), "latin-1"),
    ],
)
def test_encodings_are_found_out(data: bytes, encoding: str) -> None:
    found = look_at([data])
    assert (found.encoding, found.delimiter, found.row_count) == (encoding, ";", 1)
    assert cells(data)[0] == ["name", "city"]


@given(
    st.lists(
        st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"])), min_size=2, max_size=2),
        max_size=9,
    ),
    st.sampled_from(DELIMITERS),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 40),
)
def test_what_was_written_is_read(
    rows: list[list[str]], delimiter: str, encoding: str, end: str, size: int
) -> None:
    """Any text, in chunks of any size."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([["one", "two"], *rows])
    data = out.getvalue().encode(encoding)
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    read = list(records(decode(chunks, encoding.removesuffix("-sig")), delimiter))
    assert [r.cells for r in read] == [["one", "two"], *rows]
    assert [r.number for r in read] == list(range(1, len(rows) + 2))


@given(st.binary(max_size=3000), st.integers(1, 500))
def test_whatever_comes_is_read_or_refused(data: bytes, size: int) -> None:
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    try:
        found = look_at(chunks)
    except Unreadable:
        return
    preview(found.head, found.encoding, found.delimiter, is_whole=True)


@given(st.text(alphabet="ab\r\n", max_size=60), st.integers(1, 7))
def test_lines_do_not_depend_on_the_chunks(text: str, size: int) -> None:
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    assert "".join(lines(chunks)) == text
    assert list(lines(chunks)) == io.StringIO(text, newline="").readlines()


def test_excels_own_line_names_the_delimiter_and_is_no_row() -> None:
    data = b"sep=|\r\na|b\r\n1|2\r\n"
    assert guess_delimiter(decode([data], "utf-8")) == "|"
    assert cells(data) == [["a", "b"], ["1", "2"]]


def test_rows_are_counted_as_a_spreadsheet_does() -> None:
    data = b'a,b\n1,"two\nlines"\n\n3,4\n'
    found = look_at([data])
    assert found.row_count == 2
    numbers = [(r.number, r.cells) for r in records(decode([data], "utf-8"), ",")]
    assert numbers == [(1, ["a", "b"]), (2, ["1", "two\nlines"]), (3, []), (4, ["3", "4"])]


def test_a_decimal_comma_does_not_divide() -> None:
    assert look_at([b"name;mrr\nA;1,5\nB;2,5\n"]).delimiter == ";"


def test_broken_quotes_cost_their_row_and_no_other() -> None:
    read = list(records(decode([b'a,b\n"x"y,1\nz,2\n'], "utf-8"), ","))
    assert [(r.number, r.problem) for r in read] == [(1, ""), (2, "broken_quote"), (3, "")]
    read = list(records(decode([b'a,b\n"x,1\nz,2\n'], "utf-8"), ","))
    assert [(r.number, r.problem) for r in read] == [(1, ""), (2, "unclosed_quote")]


def test_bytes_of_another_encoding_are_marked() -> None:
    assert cells("a;b\nJosé;1\n".encode("latin-1"), "utf-8")[1] == [f"Jos{UNREADABLE}", "1"]


def _zip(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "is_empty"),
        (BOM, "is_empty"),
        (b"\r\n \r\n", "is_empty"),
        (b"email,name\r\n", "no_rows"),
        (b"email,name\r\n,,\r\n\r\n", "no_rows"),
        (_zip("xl/workbook.xml", b"<workbook/>"), "is_spreadsheet"),
        (_zip("bomb", b"0" * 5_000_000), "is_spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "is_spreadsheet"),
        (b"\x1f\x8b\x08" + bytes(range(200)), "is_archive"),
        (b"%PDF-1.7\n", "is_pdf"),
        (bytes(range(256)) * 50, "is_no_text"),
    ],
)
def test_other_files_are_named(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        look_at([data])
    assert refused.value.code == code


def test_fifty_megabytes_of_one_line_are_refused_on_the_way() -> None:
    read = []

    class Chunks:
        def __iter__(self) -> object:
            for _ in range(800):
                read.append(1)
                yield b"x" * 65536

    with pytest.raises(Unreadable) as refused:
        look_at(Chunks())
    assert refused.value.code == "line_too_long"
    # The encoding is found by all of it; the rows end at the limit.
    assert len(read) < 800 + 200
