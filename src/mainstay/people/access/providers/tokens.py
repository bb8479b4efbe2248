"""ID tokens: whose signature it is. What is in them, `rules.check_claims` looks at.

The algorithm is chosen from a list of ours, never by the token alone, and the key must be one of its family: a
public key can then not be used as the shared secret of an HMAC.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, JoseError, SecurityWarning
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from mainstay.people.access.providers.rules import ALGORITHMS, LEAST_RSA_BITS, Fault, SsoFault

_FAMILIES: Final[dict[str, type[RSAKey | ECKey | OKPKey]]] = {
    "RS": RSAKey,
    "PS": RSAKey,
    "ES": ECKey,
    "Ed": OKPKey,
}
_LONGEST: Final = 20_000


class UnknownKey(SsoFault):
    """The keys at hand do not hold the one that is named: they may have been changed meanwhile."""

    def __init__(self, kid: str) -> None:
        super().__init__(Fault.UNKNOWN_KEY, kid)


def claims_of(token: str, keys: Sequence[Any], algorithms: Collection[str]) -> dict[str, Any]:
    header = _header(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm not in ALGORITHMS:
        raise SsoFault(Fault.BAD_ALGORITHM, str(algorithm)[:40])
    kid = header.get("kid")
    candidates = [key for entry in keys if (key := _usable(entry, algorithm, kid)) is not None]
    if not candidates:
        raise UnknownKey(str(kid)[:100])
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    for key in candidates:
        try:
            return dict(jwt.decode(token, key, algorithms=[algorithm], registry=registry).claims)
        except BadSignatureError:
            continue
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise SsoFault(Fault.MALFORMED, type(error).__name__) from error
    raise SsoFault(Fault.BAD_SIGNATURE)


def _header(token: str) -> Mapping[str, Any]:
    if len(token) > _LONGEST or token.count(".") != 2:
        raise SsoFault(Fault.MALFORMED, "id_token")
    try:
        return jws.extract_compact(token.encode("ascii")).headers()
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise SsoFault(Fault.MALFORMED, type(error).__name__) from error


def _usable(entry: Any, algorithm: str, kid: Any) -> RSAKey | ECKey | OKPKey | None:
    """The key, if it may have made this signature: named, of the algorithm's family, for signatures, strong."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
        return None
    if entry.get("alg", algorithm) != algorithm or (kid is not None and entry.get("kid") != kid):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # short keys are refused below
            key = JWKRegistry.import_key(dict(entry))
            family = _FAMILIES[algorithm[:2]]
            if not isinstance(key, family):
                return None
            if isinstance(key, RSAKey) and key.public_key.key_size < LEAST_RSA_BITS:
                return None
    except (JoseError, ValueError, TypeError, KeyError):
        return None  # one broken or unknown key among others is no reason to turn everybody away
    return key
