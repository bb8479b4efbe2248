"""What only the project knows about the running installation; plugged in once by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mainstay.core.loops.queries import LoopState


@dataclass(frozen=True, slots=True)
class Check:
    """`state`: ok, degraded, down. `detail`: as `/readyz` says it."""

    name: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A setting of the environment: never its value."""

    name: str
    is_given: bool
    is_secret: bool
    help: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    version: str
    checks: Callable[[], Sequence[Check]]
    loops: Callable[[datetime], Sequence[LoopState]]
    connections: Callable[[], Mapping[str, int]]
    """How many each part may hold."""
    variables: Callable[[], Sequence[Variable]]


_installation: Installation | None = None


def plug_installation(installation: Installation) -> None:
    global _installation
    _installation = installation


def installation() -> Installation:
    if _installation is None:
        raise RuntimeError("nobody described the installation: see project/wiring.py")
    return _installation
