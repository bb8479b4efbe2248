"""Telling the starter that the worker is done; people close the page and do something else meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import TENANT_MANAGERS, Role
from mainstay.integrations.imports.models import ImportRun
from mainstay.integrations.imports.rules import State
from mainstay.people.messages.notices import NoticeKind, colleagues, members, notify

_PATIENCE: Final = timedelta(seconds=20)
"""Who waited less still looks at the page."""
IMPORT_DONE: Final = NoticeKind(
    key="import.done",
    group=_("Imports"),
    title=_("An import of mine is checked or done"),
    sentence=_("{what}: {file}"),
    roles=TENANT_MANAGERS | {Role.ADMIN},
    icon="file-up",
    words={
        "what": {
            "checked": _("Checked, and can be imported"),
            "wrong": _("Checked, with wrong rows; nothing is imported"),
            "applied": _("Imported"),
            "failed": _("The import failed; nothing of it was kept"),
        }
    },
)


def tell_starter(run: ImportRun, *, at: datetime) -> None:
    if run.state == State.CHECKED and run.began_at and at - run.began_at < _PATIENCE:
        return
    what = "wrong" if run.state == State.CHECKED and run.wrong_count else str(run.state)
    notify(
        members(run.started_by) if run.tenant_id else colleagues(run.started_by),
        kind=IMPORT_DONE.key,
        subject=("import", run.id),
        params={"what": what, "file": run.filename},
        tenant_id=run.tenant_id,
        link=reverse("support_import" if run.tenant_id else "desk_import", args=[run.id]),
        cause=None,
        at=at,
    )
