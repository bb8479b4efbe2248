import json

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.api.reading import StrictParser, read_json
from mainstay.core.api.wording import field_name, sentence_for
from mainstay.core.errors import Invalid, Malformed, Problem, UnsupportedMedia

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def outcome(body: bytes) -> object:
    try:
        return read_json(body)
    except Problem as refused:
        return refused


@given(JSON)
def test_what_is_json_is_read_or_refused_for_a_nul(data: object) -> None:
    text = json.dumps(data)
    found = outcome(text.encode())
    if "\\u0000" in text.replace("\\\\", ""):
        assert isinstance(found, Invalid)
        assert found.fields
    else:
        assert found == data


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    found = outcome(body)
    if isinstance(found, Problem):
        assert isinstance(found, Malformed | Invalid)
        str(found.detail).encode()


JSON_TYPES = ["application/json", "application/json; charset=UTF-8", "application/merge-patch+json"]


@pytest.mark.parametrize("kind", JSON_TYPES)
def test_json_by_its_type(kind: str) -> None:
    request = RequestFactory().generic("POST", "/", b"{}", content_type=kind)
    assert StrictParser().parse_body(request) == {}


@pytest.mark.parametrize("kind", ["text/json", "application/xml", "", "application/json; charset=utf-16"])
def test_no_other_type(kind: str) -> None:
    with pytest.raises(UnsupportedMedia):
        StrictParser().parse_body(RequestFactory().generic("POST", "/", b"{}", content_type=kind))


@pytest.mark.parametrize(
    ("location", "name"),
    [
        (("body", "payload", "requester", "email"), "requester.email"),
        (("body", "payload", "tags", 1), "tags.1"),
        (("body", "payload"), "body"),
        (("query", "limit"), "limit"),
        (("path", "ticket_id"), "ticket_id"),
        (("file", "file"), "file"),
    ],
)
def test_fields_are_named_as_the_caller_wrote_them(location: tuple[object, ...], name: str) -> None:
    assert field_name(location) == name


def test_an_unknown_kind_of_error_keeps_its_own_words() -> None:
    assert sentence_for({"type": "new_in_pydantic_9", "msg": "Too blue"}) == "Too blue"
