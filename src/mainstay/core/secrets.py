"""Secrets of others (webhook secrets, mailbox passwords, vendors' tokens), encrypted at rest.

Sealed text is `v1.<key>.<nonce and AES-256-GCM ciphertext>`. The key comes from MAINSTAY_SECRET_KEY by HKDF and its
short name stands in the text, so that after a change of the secret key the old one (MAINSTAY_OLD_SECRET_KEYS)
still opens what it sealed, until `./run manage reseal_secrets` has sealed everything anew.
"""

from __future__ import annotations

import functools
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

_VERSION: Final = "v1"
_NONCE: Final = 12
_NAME_BYTES: Final = 6


class CannotUnseal(RuntimeError):
    """The message names what an administrator can do, and nothing of the secret."""


class Sealed(str):
    """Text as it stands in the database."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<sealed>"


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    cipher: AESGCM = field(repr=False)


def seal(plain: str) -> str:
    key, nonce = _current(), os.urandom(_NONCE)
    return _joined(key.name, nonce + key.cipher.encrypt(nonce, plain.encode(), key.name.encode()))


def unseal(sealed: str) -> str:
    version, _, rest = sealed.partition(".")
    name, _, text = rest.partition(".")
    if version != _VERSION or not text:
        raise CannotUnseal("This is no sealed text, or a newer release sealed it.")
    key = next((key for key in _keys() if key.name == name), None)
    if key is None:
        raise CannotUnseal(
            "This secret was sealed with another MAINSTAY_SECRET_KEY. Put that key back, or name it in "
            "MAINSTAY_OLD_SECRET_KEYS and run `./run manage reseal_secrets`. Where it is lost, enter the secret again."
        )
    try:
        raw = urlsafe_b64decode(text)
        return key.cipher.decrypt(raw[:_NONCE], raw[_NONCE:], name.encode()).decode()
    except (InvalidTag, ValueError):
        raise CannotUnseal("This sealed text was changed or cut off. Enter the secret again.") from None


def is_current(sealed: str) -> bool:
    """Whether the present key sealed it."""
    return sealed.startswith(f"{_VERSION}.{_current().name}.")


def _joined(name: str, raw: bytes) -> str:
    return f"{_VERSION}.{name}.{urlsafe_b64encode(raw).decode()}"


def _keys() -> Iterator[_Key]:
    yield _current()
    yield from map(_derived, settings.MAINSTAY_OLD_SECRET_KEYS)


def _current() -> _Key:
    return _derived(settings.SECRET_KEY)


@functools.lru_cache(maxsize=16)
def _derived(secret: str) -> _Key:
    made = HKDF(algorithm=SHA256(), length=32 + _NAME_BYTES, salt=None, info=b"mainstay.secrets.v1")
    material = made.derive(secret.encode())
    name = urlsafe_b64encode(material[32:]).decode()
    return _Key(name, AESGCM(material[:32]))


class _SealedAttribute(DeferredAttribute):
    """Opens the secret when it is read, not when the row is loaded: a row whose key is lost can still be shown."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        stored = super().__get__(instance, cls)
        return unseal(stored) if isinstance(stored, Sealed) and stored else stored

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = _at_rest(value)


def _at_rest(value: Any) -> Any:
    """Sealed text, or what is no text (null, an expression), as it is. Nothing stays nothing."""
    if not isinstance(value, str) or isinstance(value, Sealed):
        return value
    return Sealed(seal(value)) if value else Sealed("")


class SealedField(models.TextField):  # type: ignore[type-arg]
    """Encrypted at rest; the attribute of an instance is the plain text.

    `values()`, serializers and forms get the sealed text, and nothing can be looked up by it (but null).
    """

    descriptor_class = _SealedAttribute

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def get_prep_value(self, value: Any) -> Any:
        prepared = _at_rest(value)
        return str.__str__(prepared) if isinstance(prepared, Sealed) else prepared

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return self.value_from_object(model_instance)

    def value_from_object(self, obj: models.Model) -> Any:
        return DeferredAttribute.__get__(self._attribute(type(obj)), obj, type(obj))

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def _attribute(self, model: type[models.Model]) -> _SealedAttribute:
        found: _SealedAttribute = model.__dict__.get(self.attname) or getattr(model, self.attname)
        return found


def sealed_fields() -> Iterator[tuple[type[models.Model], list[SealedField]]]:
    """Every table that holds secrets."""
    for model in apps.get_models(include_auto_created=True):
        if found := [f for f in model._meta.concrete_fields if isinstance(f, SealedField)]:
            yield model, found
