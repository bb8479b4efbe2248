"""Files that come with a form of a customer's: their bytes are stored before the page's scope opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Problem, Text
from mainstay.core.storage.files import NewFile, save
from mainstay.core.storage.rules import ScanVerdict, clean_filename
from mainstay.support.tickets.actions.files import store_file
from mainstay.support.tickets.models import Attachment
from mainstay.support.tickets.queries import unsent_files
from mainstay.support.tickets.rules import FILES_LIMIT


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of the form: stored, or why it was not."""

    filename: str
    stored: NewFile | None = None
    problem: Text = ""


@dataclass(frozen=True, slots=True)
class FormFiles:
    """What can be sent with the message, also from earlier tries of the same form; and what could not be taken."""

    files: list[Attachment]
    refused: list[Upload]

    @property
    def ids(self) -> tuple[UUID, ...]:
        return tuple(file.id for file in self.files)


def save_uploads(request: HttpRequest, tenant_id: UUID, field: str = "attachments") -> list[Upload]:
    """Outside any scope. One file that cannot be taken does not lose the others."""
    given = request.FILES.getlist(field)
    taken = [_save(tenant_id, file) for file in given[:FILES_LIMIT]]
    too_many = _("At most %(limit)d files can be sent at once.") % {"limit": FILES_LIMIT}
    return taken + [Upload(clean_filename(file.name or ""), problem=too_many) for file in given[FILES_LIMIT:]]


def files_of_form(
    request: HttpRequest, actor: Actor, uploads: list[Upload], *, at: datetime, field: str = "kept"
) -> FormFiles:
    """Inside the scope: rows for what was just stored, beside what an earlier try of the form left."""
    kept = unsent_files(actor, _ids(request.POST.getlist(field)))
    fresh = [store_file(actor, actor.home, upload.stored, at=at) for upload in uploads if upload.stored]
    return FormFiles([*kept, *fresh], [upload for upload in uploads if upload.stored is None])


def _save(tenant_id: UUID, file: object) -> Upload:
    name = clean_filename(getattr(file, "name", "") or "")
    try:
        stored = save(tenant_id, name, file)  # type: ignore[arg-type]
    except Problem as problem:
        return Upload(name, problem=problem.detail)
    if stored.scan == ScanVerdict.INFECTED:
        return Upload(name, problem=_("This file was found to be harmful."))
    return Upload(name, stored)


def _ids(given: list[str]) -> list[UUID]:
    found = []
    for text in given[: 2 * FILES_LIMIT]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
