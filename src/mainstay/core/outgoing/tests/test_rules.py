"""Which addresses lead inside, in every spelling."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.outgoing.client import OutgoingRefused, check_url
from mainstay.core.outgoing.rules import Guard, Refusal, guard_of, is_public, read_network

INSIDE = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.168.1.1", "198.18.0.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::1",
    "2002:a9fe:a9fe::1", "2001::1", "2001:db8::1", "100::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1",
    "ff02::1", "4000::1",
]  # fmt: skip
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "172.15.0.1",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "64:ff9b::101:101",
]


@pytest.mark.parametrize("text", INSIDE)
def test_inside(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_outside(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@given(st.ip_addresses(v=4))
def test_packing_an_address_into_ipv6_hides_nothing(address: ipaddress.IPv4Address) -> None:
    for packed in (
        ipaddress.IPv6Address(0xFFFF << 32 | int(address)),
        ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | int(address)),
        ipaddress.IPv6Address(0x2002 << 112 | int(address) << 80 | 1),
    ):
        assert is_public(packed) == is_public(address)
    if not address.is_global or address.is_multicast:
        assert not is_public(address)


@given(st.ip_addresses(v=6))
def test_what_python_calls_private_is_never_public(address: ipaddress.IPv6Address) -> None:
    if address.is_private or address.is_link_local or address.is_multicast or address.is_loopback:
        assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/", "http://0x7f000001/", "http://017700000001/", "http://127.1/", "http://0177.0.0.1/",
        "http://0x7f.0.0.1/", "http://127.0.0.1./", "http://1.2.3.4.5/", "http://[::1]/", "http://[::ffff:7f00:1]/",
        "http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://１２７.0.0.1/", "http://①②⑦.0.0.1/",
        "http://1.1.1.1:22/", "ftp://example.com/", "file:///etc/passwd",
        "gopher://example.com/", "http:///x", "//example.com", "example.com", "http://user:pass@example.com/",
        "http://example.com@127.0.0.1/", "http://@example.com/", "http://exa mple.com/", "http://example.com\\@x/",
        "http://example.com/\n", "http://exam_ple..com/", "http://-x.example/", "http://example.com:99999/",
        "http://[fe80::1%25eth0]/", "http://" + "a" * 300 + ".com/", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_addresses_that_are_refused_unasked(url: str) -> None:
    with pytest.raises(OutgoingRefused):
        check_url(url, Guard())


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook?a=b",
        "http://example.com:8080",
        "https://xn--bcher-kva.example/",
        "https://bücher.example/",
        "https://[2606:4700::1111]/",
    ],
)
def test_addresses_that_are_not(url: str) -> None:
    assert check_url(url, Guard()).host


def test_what_the_operator_names_is_let_through_and_nothing_beside_it() -> None:
    guard = guard_of(["n8n.internal", "10.1.0.0/16", "::1"], [443])
    inside, beside = ipaddress.ip_address("10.1.2.3"), ipaddress.ip_address("10.2.0.1")
    assert guard.address_problem("x.example", 5678, [inside]) is None
    assert guard.address_problem("x.example", 5678, [ipaddress.ip_address("::ffff:10.1.2.3")]) is None
    assert guard.address_problem("x.example", 443, [beside]) is Refusal.PRIVATE
    assert guard.address_problem("x.example", 443, [inside, beside]) is Refusal.PRIVATE
    assert guard.address_problem("N8N.internal.", 5678, [beside]) is None
    public = ipaddress.ip_address("1.1.1.1")
    assert guard.address_problem("x.example", 443, [public, inside]) is None
    assert guard.address_problem("x.example", 80, [public]) is Refusal.PORT


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.1.2.3/8", "a b", "1.2.3", "x:y"])
def test_a_setting_that_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no host"):
        read_network(text)
