"""How often each kind of caller may come. A bucket of `burst` tokens refills at `rate` a second."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limit:
    rate: float
    burst: int


LIMITS: Final[dict[str, Limit]] = {
    "api.tenant_key": Limit(rate=50, burst=1_000),
    "api.operator_key": Limit(rate=200, burst=4_000),
    "api.person": Limit(rate=20, burst=400),
    "api.bad_key": Limit(rate=0.5, burst=20),  # by address: guessing keys, or a client left with an old one
}


@dataclass(frozen=True, slots=True)
class Verdict:
    allowed: bool
    remaining: int
    burst: int
    retry_after: int = 0
    """Whole seconds until the same request would pass; 0 where it did."""
    full_after: int = 0
    """Whole seconds until the bucket is full again."""


def verdict(*, allowed: bool, tokens: float, limit: Limit, cost: float) -> Verdict:
    return Verdict(
        allowed=allowed,
        remaining=max(0, math.floor(tokens)),
        burst=limit.burst,
        retry_after=0 if allowed else max(1, math.ceil((cost - tokens) / limit.rate)),
        full_after=math.ceil(max(0.0, limit.burst - tokens) / limit.rate),
    )
