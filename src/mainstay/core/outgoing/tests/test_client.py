"""The guarded client against servers that lie, hang and drip."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mainstay.core.outgoing import FailureKind, Guard, OutgoingFailed, OutgoingRefused, send
from mainstay.core.outgoing.rules import guard_of
from mainstay.core.outgoing.tests.server import Got, plain, serving

LOCAL = guard_of(["127.0.0.0/8"], [443])
CLOSED = Guard()


def failure(url: str, **options: object) -> FailureKind:
    with pytest.raises(OutgoingFailed) as found:
        send("POST", url, guard=LOCAL, **{"timeout_s": 2.0, **options})
    return found.value.kind


def test_a_request_arrives_as_it_was_meant() -> None:
    with serving(plain(201, b"made", "X-Kind: One\r\n")) as server:
        answer = send("post", server.url + "?a=b", headers={"X-Id": "7"}, content=b"{}", guard=LOCAL)
    [got] = server.got
    assert (got.method, got.target, got.body) == ("POST", "/hook?a=b", b"{}")
    assert got.headers["host"] == f"127.0.0.1:{server.port}"
    assert got.headers["x-id"] == "7"
    assert got.headers["accept-encoding"] == "identity"
    assert (answer.status, answer.body, answer.headers["x-kind"], answer.is_ok) == (201, b"made", "One", True)


def test_the_private_network_is_closed() -> None:
    with serving() as server:
        with pytest.raises(OutgoingRefused):
            send("GET", server.url, guard=CLOSED)
        with pytest.raises(OutgoingRefused):
            send("GET", f"http://localhost:{server.port}/", guard=CLOSED)
    assert server.connections == 0


def test_one_private_address_among_public_ones_is_enough() -> None:
    for found in (["93.184.215.14", "10.0.0.1"], ["::ffff:127.0.0.1"], ["fe80::1%eth0"], ["64:ff9b::a00:1"]):
        with pytest.raises(OutgoingRefused):
            send("GET", "http://example.com/", guard=CLOSED, resolve=lambda host, port, found=found: found)


def test_a_name_that_changes_its_mind_gains_nothing() -> None:
    """DNS rebinding: what is checked is what is connected to; there is no second look-up."""
    with serving() as server:
        asked: list[str] = []

        def resolve(host: str, port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

        # 127.0.0.2 stands for the public address (nothing listens there), 127.0.0.1 for the private one.
        only_first = guard_of(["127.0.0.2/32"], [443])
        url = f"http://rebind.example:{server.port}/"
        with pytest.raises(OutgoingFailed) as found:
            send("GET", url, guard=only_first, resolve=resolve, timeout_s=2)
        assert found.value.kind is FailureKind.CONNECT
        assert asked == ["rebind.example"]
        with pytest.raises(OutgoingRefused):
            send("GET", url, guard=only_first, resolve=resolve, timeout_s=2)
    assert server.connections == 0


def test_the_connection_goes_to_the_checked_address_under_the_right_name() -> None:
    with serving() as server:
        url = f"http://hooks.example:{server.port}/in"
        answer = send("GET", url, guard=LOCAL, resolve=lambda host, port: ["127.0.0.1"])
    assert answer.status == 200
    assert server.got[0].headers["host"] == f"hooks.example:{server.port}"


def test_several_addresses_are_tried_in_turn() -> None:
    with serving() as server:
        url = f"http://hooks.example:{server.port}/in"
        answer = send("GET", url, guard=LOCAL, resolve=lambda host, port: ["127.0.0.9", "127.0.0.1"])
    assert answer.status == 200


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/", "http://127.0.0.1:1/", "/elsewhere"])
def test_redirects_are_answers_and_not_followed(target: str) -> None:
    with serving(plain(302, b"", f"Location: {target}\r\n")) as server:
        answer = send("POST", server.url, guard=LOCAL)
    assert (answer.status, answer.headers["location"]) == (302, target)
    assert len(server.got) == 1


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(plain(200, b"proxy")) as proxy, serving(plain(200, b"direct")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send("GET", server.url, guard=LOCAL).body == b"direct"


def test_hanging_servers_hold_nobody() -> None:
    def hang(_got: Got, _link: socket.socket) -> None:
        server.stopping.wait(10)

    with serving(hang) as server:
        began = time.monotonic()
        assert failure(server.url, timeout_s=0.4) is FailureKind.TIMEOUT
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-", b""]
)
def test_answers_that_drip_end_with_the_total(head: bytes) -> None:
    """Each byte comes well within a read's time-out; all of it together would take minutes."""

    def drip(_got: Got, link: socket.socket) -> None:
        link.sendall(head or b"H")
        while not server.stopping.wait(0.05):
            link.sendall(b"a")

    with serving(drip) as server:
        began = time.monotonic()
        assert failure(server.url, timeout_s=0.6) is FailureKind.TIMEOUT
        assert time.monotonic() - began < 2


def test_a_reader_that_takes_its_time_ends_with_the_total() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert failure(url, timeout_s=0.5, content=b"x" * 30_000_000) is FailureKind.TIMEOUT


def test_a_resolver_that_hangs_ends_with_the_total() -> None:
    def resolve(host: str, port: int) -> list[str]:
        time.sleep(1.5)
        return ["127.0.0.1"]

    began = time.monotonic()
    assert failure("http://slow.example/", timeout_s=0.3, resolve=resolve) is FailureKind.TIMEOUT
    assert time.monotonic() - began < 1.2


def test_large_answers_are_refused_or_cut() -> None:
    body = b"x" * 10_000_000
    with serving(plain(200, body)) as server:
        assert failure(server.url, max_bytes=1000) is FailureKind.TOO_LONG
        answer = send("GET", server.url, guard=LOCAL, max_bytes=1000, keep_beginning=True)
        assert (len(answer.body), answer.is_cut) == (1000, True)


def test_an_answer_without_end_is_cut() -> None:
    def endless(_got: Got, link: socket.socket) -> None:
        link.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not server.stopping.is_set():
            link.sendall(b"400\r\n" + b"y" * 1024 + b"\r\n")

    with serving(endless) as server:
        assert send("GET", server.url, guard=LOCAL, max_bytes=5000, keep_beginning=True).is_cut


@pytest.mark.parametrize(
    "sent",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", b"220 smtp ready\r\n", b"\0\1\2\3\r\n\r\n"],
)
def test_broken_answers_are_failures(sent: bytes) -> None:
    def break_off(_got: Got, link: socket.socket) -> None:
        link.sendall(sent)
        link.shutdown(socket.SHUT_RDWR)

    with serving(break_off) as server:
        assert failure(server.url) is FailureKind.BROKEN


def test_what_comes_after_the_answer_is_nobodys() -> None:
    """A server that answers twice: the second answer must not become that of the next request."""

    def twice(_got: Got, link: socket.socket) -> None:
        for body in (b"one", b"two"):
            plain(200, body)(_got, link)

    with serving(twice) as server:
        assert [send("GET", server.url, guard=LOCAL).body for _ in range(3)] == [b"one"] * 3
    assert server.connections == 3


def test_names_that_do_not_exist_and_ports_where_nobody_listens() -> None:
    assert failure("http://nobody.invalid/") is FailureKind.DNS
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failure(f"http://127.0.0.1:{port}/") is FailureKind.CONNECT


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_tls_is_checked_against_the_name_and_not_the_address(certificate: Path) -> None:
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate)
    trust = ssl.create_default_context(cafile=str(certificate))

    def resolve(host: str, port: int) -> list[str]:
        return [str(ipaddress.ip_address("127.0.0.1"))]

    with serving(tls=ours) as server:
        ours_url = f"https://hooks.example:{server.port}/"
        assert send("GET", ours_url, guard=LOCAL, resolve=resolve, trust=trust).status == 200
        for url, given in (
            (f"https://other.example:{server.port}/", trust),
            (ours_url, None),  # not in the system's store
        ):
            with pytest.raises(OutgoingFailed) as found:
                send("GET", url, guard=LOCAL, resolve=resolve, trust=given)
            assert found.value.kind is FailureKind.TLS
    assert server.names[0] == "hooks.example"
