"""Downloads of attachments, for both sides."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from mainstay.core import clock
from mainstay.core.actor import Actor, ActorKind
from mainstay.core.storage.serving import file_response
from mainstay.people.access.doors import page
from mainstay.people.staff.looking import note_look
from mainstay.support.tickets.queries import visible_attachment


@require_safe
@page(ActorKind.STAFF, ActorKind.MEMBER)
def download(request: HttpRequest, actor: Actor, attachment_id: UUID) -> HttpResponse:
    row = visible_attachment(actor, attachment_id)
    note_look(actor, row.tenant_id, at=clock.now())
    response = file_response(
        filename=row.filename,
        content_type=row.content_type,
        size=row.size,
        sha256=row.sha256,
        storage_key=row.storage_key,
        scan=row.scan,
    )
    return cast("HttpResponse", response)  # streams from storage, not from the database
