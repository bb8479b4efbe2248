from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.people.tenants.rules import clean_domain, is_domain, slug_of


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("@Acme.COM", "acme.com"),
        ("https://acme.com/", "acme.com"),
        ("ana@acme.com", "acme.com"),
        ("obras.españa.es", "obras.xn--espaa-rta.es"),
        ("acme.com.", "acme.com"),
    ],
)
def test_domains_as_people_type_them(typed: str, kept: str) -> None:
    assert clean_domain(typed) == kept
    assert is_domain(kept)


@pytest.mark.parametrize(
    "text", ["", "localhost", "a b.com", "-a.com", "a..com", "1.2.3.4", "x" * 300 + ".com"]
)
def test_what_is_no_domain(text: str) -> None:
    assert not is_domain(clean_domain(text))


@given(st.text(max_size=200))
def test_any_text_becomes_something(text: str) -> None:
    is_domain(clean_domain(text))
    slug = slug_of(text)
    assert 0 < len(slug) <= 60
    assert slug.isascii()
