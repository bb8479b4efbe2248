"""What the page System shows of the running installation."""

from __future__ import annotations

import functools
import os
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import Error, transaction

from mainstay.core.loops.queries import LoopState, loop_states
from mainstay.project.health import CHECKS, State
from mainstay.project.loops import loops
from mainstay.project.options import CHECKOUT, SETTINGS, given_names, options
from mainstay.project.supervisor.budget import budget
from mainstay.surfaces.desk.ports import Check, Installation, Variable


def installation() -> Installation:
    return Installation(
        version=version(),
        checks=_checks,
        loops=_loops,
        connections=_connections,
        variables=_variables,
    )


@functools.cache
def version() -> str:
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _checks() -> Sequence[Check]:
    """Inside the reader's scope: a check that cannot be asked there must not break it, nor look as if all were well."""
    found: list[Check] = []
    for name, check in CHECKS.items():
        try:
            with transaction.atomic():
                state, detail = check()
        except Error as error:
            state, detail = State.DOWN, type(error).__name__
        found.append(Check(name, str(state), detail))
    return found


def _loops(at: datetime) -> Sequence[LoopState]:
    return loop_states(loops(), at=at)


def _connections() -> Mapping[str, int]:
    chosen = budget(options())
    return {
        "web": chosen.web,
        "worker": chosen.worker,
        "live": chosen.live,
        "smtp": chosen.smtp,
        "maintenance": chosen.maintenance,
    }


def _variables() -> Sequence[Variable]:
    given = given_names(os.environ)
    return [
        Variable(setting.name, setting.name in given, setting.secret, setting.help)
        for setting in SETTINGS.values()
        if setting.name != "DATABASE_OWNER_URL"  # kept from processes that serve
    ]
