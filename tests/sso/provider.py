"""An OpenID provider of our own: real HTTP on the loopback, real keys, the rules a provider has to keep.

Written after OpenID Connect Core 1.0 (code flow), Discovery 1.0, RFC 6749, RFC 7636 and RFC 9207. It refuses what a
provider must refuse, so that a sign-in that works here is one that keeps the rules. What a dishonest or broken
provider does is switched on by a test, knob by knob.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
import warnings
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, RSAKey

SigningKey = RSAKey | ECKey


def ec_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"}, auto_kid=False)


def rsa_key(kid: str, bits: int = 2048) -> RSAKey:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # short ones are made on purpose
        return RSAKey.generate_key(bits, {"kid": kid, "use": "sig"}, auto_kid=False)


@dataclass
class Code:
    """What an authorization code stands for; worth it once."""

    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str
    claims: dict[str, Any]


@dataclass
class LocalProvider:
    client_id: str = "mainstay"
    client_secret: str = "a secret: of %signs & spaces"
    redirect_uris: set[str] = field(default_factory=set)
    person: dict[str, Any] = field(default_factory=dict)
    """Who sits in front of it: the claims about them, `sub` among them."""
    key: SigningKey = field(default_factory=lambda: ec_key("first"))
    asks: bool = False
    """Shows a page with a button, as for people; else it answers at once."""
    auth_methods: tuple[str, ...] = ("client_secret_basic", "client_secret_post")
    names_issuer: bool = False
    claims_in_userinfo: bool = False

    # Knobs of dishonesty and failure.
    discovery: dict[str, Any] = field(default_factory=dict)
    """Said instead."""
    tamper: Callable[[dict[str, Any]], dict[str, Any]] = field(default=lambda claims: claims)
    make_token: Callable[[LocalProvider, dict[str, Any]], str] | None = None
    userinfo: dict[str, Any] | None = None
    status: dict[str, int] = field(default_factory=dict)
    """Path → an HTTP status to fail with."""
    hangs: threading.Event = field(default_factory=threading.Event)
    """While it is set, nothing is answered."""

    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    """Paths that were asked for."""
    published: list[Any] | None = None
    """Keys at the address of the keys; None: the one that signs."""
    port: int = 0

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def algorithm(self) -> str:
        return "ES256" if isinstance(self.key, ECKey) else "RS256"

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=x",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": list(self.auth_methods),
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": self.names_issuer,
            **self.discovery,
        }

    def keys(self) -> dict[str, Any]:
        keys = [self.key.as_dict(private=False)] if self.published is None else self.published
        return {"keys": keys}

    def authorize(self, asked: dict[str, str]) -> str:
        """The address to send the browser back to. ValueError: what a provider shows to the person instead,
        since an address that is not registered must not be gone to."""
        if asked.get("client_id") != self.client_id or asked.get("redirect_uri") not in self.redirect_uris:
            raise ValueError("unknown client or redirect URI")
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            raise ValueError("no code flow of OpenID Connect")
        if asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) != 43:
            raise ValueError("no proof key (PKCE)")
        if len(asked.get("state", "")) < 20 or len(asked.get("nonce", "")) < 20:
            raise ValueError("state or nonce can be guessed")
        code = secrets.token_urlsafe(16)
        self.codes[code] = Code(
            asked["client_id"],
            asked["redirect_uri"],
            asked["code_challenge"],
            asked["nonce"],
            dict(self.person),
        )
        answer = {"code": code, "state": asked["state"]}
        if self.names_issuer:
            answer["iss"] = self.issuer
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        if not self._is_the_client(form, authorization):
            return 401, {"error": "invalid_client"}
        code = self.codes.pop(form.get("code", ""), None)
        if form.get("grant_type") != "authorization_code" or code is None:
            return 400, {"error": "invalid_grant", "error_description": "unknown or used code"}
        proof = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if form.get("redirect_uri") != code.redirect_uri or proof.decode() != code.challenge:
            return 400, {"error": "invalid_grant", "error_description": "redirect URI or verifier"}
        token = secrets.token_urlsafe(16)
        self.tokens[token] = code.claims
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": 300}
        return 200, {**answer, "id_token": self.id_token(code)}

    def id_token(self, code: Code) -> str:
        now = int(time.time())
        about = {"sub": code.claims["sub"]} if self.claims_in_userinfo else code.claims
        claims = {
            "iss": self.issuer,
            "aud": code.client_id,
            "iat": now,
            "exp": now + 300,
            "nonce": code.nonce,
            **about,
        }
        claims = self.tamper(claims)
        if self.make_token is not None:
            return self.make_token(self, claims)
        return self.signed(claims)

    def signed(self, claims: dict[str, Any], key: SigningKey | None = None) -> str:
        key = key or self.key
        algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)
            return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm])

    def about(self, authorization: str) -> dict[str, Any] | None:
        known = self.tokens.get(authorization.removeprefix("Bearer "))
        return known if known is None or self.userinfo is None else self.userinfo

    def _is_the_client(self, form: dict[str, str], authorization: str) -> bool:
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        if authorization.startswith("Basic "):
            if "client_secret_basic" not in self.auth_methods or given != ("", ""):
                return False  # two ways at once are not allowed
            name, _, secret = b64decode(authorization[6:]).decode().partition(":")
            given = (unquote_plus(name), unquote_plus(secret))
        elif "client_secret_post" not in self.auth_methods:
            return False
        return given == (self.client_id, self.client_secret)


def unsigned(_provider: LocalProvider, claims: dict[str, Any]) -> str:
    """alg: none"""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def signed_with_the_public_key(provider: LocalProvider, claims: dict[str, Any]) -> str:
    """alg: HS256, its secret being the published key: who confuses the two believes it."""
    words = f"{_part({'alg': 'HS256', 'kid': provider.key.kid})}.{_part(claims)}"
    made = hmac.digest(provider.key.as_pem(private=False), words.encode(), "sha256")
    return f"{words}.{_encoded(made)}"


def public_key_as_a_secret(provider: LocalProvider) -> dict[str, Any]:
    """As an entry among the published keys."""
    return {"kty": "oct", "kid": provider.key.kid, "k": _encoded(provider.key.as_pem(private=False))}


def _part(value: dict[str, Any]) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class _Handler(BaseHTTPRequestHandler):
    provider: LocalProvider

    def do_GET(self) -> None:
        provider, parts = self.provider, urlsplit(self.path)
        if self._fails(parts.path):
            return
        if parts.path == "/.well-known/openid-configuration":
            self._json(200, provider.document())
        elif parts.path == "/keys":
            self._json(200, provider.keys())
        elif parts.path == "/userinfo":
            found = provider.about(self.headers.get("Authorization", ""))
            self._json(200 if found is not None else 401, found or {"error": "invalid_token"})
        elif parts.path == "/authorize":
            self._authorize(dict(parse_qsl(parts.query)), parts.query)
        else:
            self._json(404, {})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body, parts = self.rfile.read(length).decode(), urlsplit(self.path)
        if self._fails(parts.path):
            return
        if parts.path == "/token":
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._json(*self.provider.exchange(form, self.headers.get("Authorization", "")))
        elif parts.path == "/authorize":
            self._authorize(dict(parse_qsl(parts.query)), "")
        else:
            self._json(404, {})

    def _authorize(self, asked: dict[str, str], query: str) -> None:
        if self.provider.asks and query:
            button = f'<form method="post" action="/authorize?{escape(query)}"><button>Sign in here</button></form>'
            self._answer(200, "text/html", f"<!doctype html><title>Provider</title>{button}".encode())
            return
        try:
            back = self.provider.authorize(asked)
        except ValueError as error:
            self._answer(400, "text/plain", str(error).encode())
            return
        self.send_response(303)
        self.send_header("Location", back)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _fails(self, path: str) -> bool:
        self.provider.seen.append(path)
        while self.provider.hangs.is_set():
            time.sleep(0.05)
        status = self.provider.status.get(path)
        if status is not None:
            self._json(status, {})
        return status is not None

    def _json(self, status: int, value: dict[str, Any]) -> None:
        self._answer(status, "application/json", json.dumps(value).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        pass


@contextmanager
def serving(provider: LocalProvider) -> Iterator[LocalProvider]:
    handler = type("Handler", (_Handler,), {"provider": provider})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        provider.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield provider
        finally:
            provider.hangs.clear()
            server.shutdown()
            thread.join()
