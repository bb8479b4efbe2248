"""The provider of our own keeps the rules of one: else passing here would say nothing about others."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from mainstay.people.access.providers.rules import challenge_of
from tests.sso.provider import LocalProvider

BACK = "http://127.0.0.1:1/back"
VERIFIER = "v" * 43
REQUIRED = {  # OpenID Connect Discovery 1.0, 3
    "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
    "subject_types_supported", "id_token_signing_alg_values_supported",
}  # fmt: skip


def asked(**other: str) -> dict[str, str]:
    words = {
        "response_type": "code",
        "client_id": "mainstay",
        "redirect_uri": BACK,
        "scope": "openid email",
        "state": "s" * 43,
        "nonce": "n" * 43,
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    return words | other


@pytest.fixture
def ready(one: LocalProvider) -> LocalProvider:
    one.redirect_uris.add(BACK)
    one.person = {"sub": "1"}
    return one


def ask(provider: LocalProvider, method: str, path: str, body: str = "") -> tuple[int, Any, str]:
    connection = http.client.HTTPConnection("127.0.0.1", provider.port, timeout=10)
    connection.request(method, path, body)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    kind = answer.headers.get("Content-Type", "")
    return answer.status, json.loads(text) if "json" in kind else text, answer.headers.get("Location", "")


def code_of(provider: LocalProvider) -> str:
    status, _text, location = ask(provider, "GET", f"/authorize?{urlencode(asked())}")
    assert status == 303
    answer = parse_qs(urlsplit(location).query)
    assert answer["state"] == ["s" * 43]
    return answer["code"][0]


def form(code: str, **other: str) -> str:
    words = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        "client_id": "mainstay",
        "client_secret": "a secret: of %signs & spaces",
    }
    return urlencode(words | other)


def test_it_describes_itself(ready: LocalProvider) -> None:
    _status, document, _location = ask(ready, "GET", "/.well-known/openid-configuration")
    assert document.keys() >= REQUIRED
    assert document["issuer"] == ready.issuer
    _status, keys, _location = ask(ready, "GET", "/keys")
    assert "d" not in keys["keys"][0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": f"{BACK}/else"},
        {"client_id": "x"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"state": ""},
        {"nonce": "1"},
        {"scope": "email"},
        {"response_type": "token"},
    ],
)
def test_it_refuses_what_a_provider_must(ready: LocalProvider, wrong: dict[str, str]) -> None:
    assert ask(ready, "GET", f"/authorize?{urlencode(asked(**wrong))}")[0] == 400


@pytest.mark.parametrize(
    "wrong",
    [{"code_verifier": "w" * 43}, {"redirect_uri": "x"}, {"client_secret": "x"}, {"grant_type": "password"}],
)
def test_it_gives_tokens_for_the_right_proof_only(ready: LocalProvider, wrong: dict[str, str]) -> None:
    assert ask(ready, "POST", "/token", form(code_of(ready), **wrong))[0] in (400, 401)


def test_a_code_is_worth_its_tokens_once(ready: LocalProvider) -> None:
    code = code_of(ready)
    status, said, _location = ask(ready, "POST", "/token", form(code))
    assert status == 200
    assert {"id_token", "access_token", "token_type"} <= said.keys()
    assert ask(ready, "POST", "/token", form(code))[0] == 400
