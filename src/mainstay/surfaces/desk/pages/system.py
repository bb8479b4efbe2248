"""How the installation is doing, in plain words. Nothing here can be changed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from mainstay.core import clock
from mainstay.core.actor import Actor
from mainstay.core.house.rules import SEE_SETTINGS
from mainstay.people.access.doors import staff_page
from mainstay.surfaces.desk.labels import LOOPS, MODES, PARTS, TRANSPORTS, Mode
from mainstay.surfaces.desk.ports import Check, installation
from mainstay.surfaces.desk.queries.system import database_figures, mail_figures, software, storage_figures


@require_http_methods(["GET", "HEAD"])
@staff_page
def system(request: HttpRequest, actor: Actor) -> HttpResponse:
    actor.require(SEE_SETTINGS)
    at, about = clock.now(), installation()
    checks = [(check, _mode(check)) for check in about.checks()]
    budget, mail = about.connections(), mail_figures(actor, at=at)
    context = {
        "version": about.version,
        "software": software(),
        "trouble": [(check, mode) for check, mode in checks if check.state != "ok"],
        "checks": checks,
        "database": database_figures(actor),
        "budget": [(PARTS.get(name, name), count) for name, count in budget.items()],
        "budget_total": sum(budget.values()),
        "storage": storage_figures(actor),
        "mail": mail,
        "transport": TRANSPORTS.get(mail.transport, mail.transport),
        "loops": [(LOOPS.get(loop.name, loop.name), loop) for loop in about.loops(at)],
        "variables": about.variables(),
        "now": at,
    }
    return render(request, "desk/system.html", context)


def _mode(check: Check) -> Mode:
    return MODES.get(check.name) or Mode(check.name, check.detail, "")
