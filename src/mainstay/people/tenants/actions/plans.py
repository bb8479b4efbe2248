"""Plans out of the shipped presets."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Invalid
from mainstay.core.presets import Installed, Shipped, install
from mainstay.people.tenants.models import Plan
from mainstay.people.tenants.rules import MANAGE_PLANS

PLAN_PRESETS = ("standard", "three-tier", "four-step")
_FILES = files("mainstay.people.tenants.presets")


def install_plans(actor: Actor, preset: str) -> list[Installed]:
    """The preset's plans. What the operator changed, and plans of another origin, stay as they are."""
    actor.require(MANAGE_PLANS)
    return install(Plan, shipped_plans(preset), preset=preset)


def shipped_plans(preset: str) -> list[Shipped]:
    if preset not in PLAN_PRESETS:
        known = ", ".join(PLAN_PRESETS)
        raise Invalid(fields={"preset": [_("Must be one of: %(known)s.") % {"known": known}]})
    text = (_FILES / f"plans_{preset.replace('-', '_')}.yaml").read_text()
    content = yaml.safe_load(text)
    return [Shipped(key, content["version"], _values(written)) for key, written in content["plans"].items()]


def _values(written: dict[str, Any]) -> dict[str, Any]:
    return {
        "names": written["names"],
        "rank": written["rank"],
        "channels": written["channels"],
        "calendar_key": written["hours"],
        "csm": written.get("csm", "none"),
        "review_months": written.get("review_months"),
        "limits": written.get("limits", {}),
        "features": written.get("features", []),
        "trial_days": written.get("trial_days", 14),
    }
