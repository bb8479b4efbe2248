"""An authenticator of software: what a browser and its device would answer, also where they would refuse to."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor

ORIGIN = "http://localhost:8000"
_PRESENT, _VERIFIED, _WITH_KEY = 0x01, 0x04, 0x40


def packed(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def unpacked(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftKey:
    origin: str = ORIGIN
    rp_id: str = "localhost"
    is_verifying: bool = True
    cross_origin: bool = False
    user_handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: dict[str, Any]) -> str:
        wanted = options["publicKey"]
        self.user_handle = unpacked(wanted["user"]["id"])
        numbers = self.private.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        key = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor.encode(cose)
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": self._data(_WITH_KEY) + key})
        return self._answer(
            {
                "clientDataJSON": packed(self._client("webauthn.create", wanted)),
                "attestationObject": packed(attestation),
            }
        )

    def get(self, options: dict[str, Any]) -> str:
        wanted = options["publicKey"]
        data, client = self._data(), self._client("webauthn.get", wanted)
        signature = self.private.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": packed(client),
                "authenticatorData": packed(data),
                "signature": packed(signature),
                "userHandle": packed(self.user_handle),
            }
        )

    def _client(self, kind: str, wanted: dict[str, Any]) -> bytes:
        said = {
            "type": kind,
            "challenge": wanted["challenge"],
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        }
        return json.dumps(said).encode()

    def _data(self, more: int = 0) -> bytes:
        flags = _PRESENT | more | (_VERIFIED if self.is_verifying else 0)
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + (0).to_bytes(4, "big")

    def _answer(self, response: dict[str, str]) -> str:
        return json.dumps(
            {
                "id": packed(self.credential_id),
                "rawId": packed(self.credential_id),
                "type": "public-key",
                "clientExtensionResults": {"credProps": {"rk": True}},
                "response": response,
            }
        )
