"""The shipped calendars, matrices and plans."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from importlib.resources import files

from mainstay.core.actor import Actor
from mainstay.core.events.actions import record
from mainstay.core.presets import Installed, Shipped, install
from mainstay.people.tenants.actions import PLAN_PRESETS, install_plans
from mainstay.people.tenants.models import Plan
from mainstay.support.sla.actions.policy import policy_changed
from mainstay.support.sla.events import CalendarChanged, MatrixChanged
from mainstay.support.sla.models import Calendar, Matrix
from mainstay.support.sla.rules import OPERATOR_ZONE, parsed, read_calendar, read_matrix
from mainstay.support.sla.rules.rights import MANAGE_SLA

# What each preset of plans goes with. Several matrices fit one set of plans; the first becomes live.
MATRICES = {
    "standard": ("standard", "standard-elapsed"),
    "three-tier": ("three-tier",),
    "four-step": ("four-step",),
}
_FILES = files("mainstay.support.sla.presets")
assert set(MATRICES) == set(PLAN_PRESETS)


def preset_in_use() -> str:
    """The one most plans came from, so that an upgrade brings no plans of another; at first the first."""
    counts = Counter(Plan.objects.filter(preset__in=PLAN_PRESETS).values_list("preset", flat=True))
    return max(PLAN_PRESETS, key=lambda preset: counts[preset])


def install_presets(actor: Actor, preset: str | None = None, *, at: datetime) -> list[Installed]:
    """Plans, calendars and matrices of the preset, by default of the one in use. Idempotent; what the
    operator changed stays as it is."""
    actor.require(MANAGE_SLA)
    preset = preset or preset_in_use()
    plans = install_plans(actor, preset)
    calendars = install(Calendar, _calendars(), preset="shipped")
    matrices = install(Matrix, _matrices(preset), preset=preset)
    if not Matrix.objects.filter(is_live=True).exists():
        Matrix.objects.filter(key=MATRICES[preset][0]).update(is_live=True)
    done = [*plans, *calendars, *matrices]
    if any(item.is_change for item in done):
        policy_changed("presets", at)
    for item in calendars:
        if item.is_change:
            event = CalendarChanged(calendar_id=item.row_id, key=item.key, what="installed")
            record(actor, event, tenant_id=None, at=at)
    for matrix in Matrix.objects.filter(id__in=[item.row_id for item in matrices if item.is_change]):
        record(
            actor,
            MatrixChanged(matrix_id=matrix.id, key=matrix.key, version=matrix.version, what="installed"),
            tenant_id=None,
            at=at,
        )
    return done


def _calendars() -> list[Shipped]:
    shipped = []
    for path in sorted(_FILES.iterdir(), key=lambda path: path.name):
        if path.name.startswith("calendar_"):
            text = path.read_text()
            preset, written = read_calendar(text), parsed(text)
            assert isinstance(written, dict)
            values = {
                "names": dict(preset.names),
                "zone": "" if preset.zone in (None, OPERATOR_ZONE) else preset.zone,
                "weekly": written["weekly"],
            }
            shipped.append(Shipped(preset.key, preset.version, values))
    return shipped


def _matrices(preset: str) -> list[Shipped]:
    shipped = []
    for key in MATRICES[preset]:
        text = (_FILES / f"matrix_{key.replace('-', '_')}.yaml").read_text()
        matrix, written = read_matrix(text), parsed(text)
        assert isinstance(written, dict)
        values = {"names": dict(matrix.names), "version": matrix.version, "rows": written["rows"]}
        shipped.append(Shipped(key, matrix.version, values))
    return shipped
