from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mainstay.people.access.rules import is_own_path, network_of


@given(st.text(alphabet=st.sampled_from("/\\.:@?#a%\t\n eE"), max_size=12).map(lambda rest: "/" + rest))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
def test_own_paths_stay_here(path: str) -> None:
    """As a browser reads it: backslashes are slashes, tabs and line ends vanish."""
    if is_own_path(path):
        seen = path.replace("\\", "/").replace("\t", "").replace("\n", "")
        assert urlsplit(urljoin("https://desk.example/x", seen)).netloc == "desk.example"


def test_plain_paths_are_own() -> None:
    assert is_own_path("/support/people?q=Ñ&x=1#y")
    assert not is_own_path("support")
    assert not is_own_path("/" + "x" * 600)


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
    ],
)
def test_what_one_party_controls(ip: str | None, network: str) -> None:
    assert network_of(ip) == network
