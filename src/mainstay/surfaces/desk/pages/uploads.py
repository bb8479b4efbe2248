"""Forms that bring files: the bytes are stored between two scopes, since nothing may wait for a disk inside one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_POST

from mainstay.core.actor import Actor
from mainstay.core.errors import Problem
from mainstay.core.storage import NewFile, save
from mainstay.people.access.doors import staff_page
from mainstay.support.tickets.actions import store_file
from mainstay.support.tickets.models import Attachment
from mainstay.surfaces.desk.rules import as_uuid

FIELD, KEPT = "attachments", "kept"


@dataclass(slots=True)
class Upload:
    """What came with a form: files stored just now, and those of an earlier attempt that it names again."""

    files: list[NewFile] = field(default_factory=list)
    problem: str = ""


def takes_files(
    whose: Callable[..., UUID], view: Callable[..., HttpResponse]
) -> Callable[..., HttpResponseBase]:
    """A page `view(request, actor, upload, …)`. `whose(request, actor, …)` says for which customer the files
    are, and refuses who may not send any, before a byte is stored."""

    def first(request: HttpRequest, actor: Actor, *args: Any, **kwargs: Any) -> HttpResponse:
        request.files_for = whose(request, actor, *args, **kwargs)  # type: ignore[attr-defined]
        return HttpResponse(status=204)

    def second(request: HttpRequest, actor: Actor, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, actor, request.upload, *args, **kwargs)  # type: ignore[attr-defined]

    ask, answer = staff_page(first), staff_page(second)

    def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.upload = Upload()  # type: ignore[attr-defined]
        given = request.FILES.getlist(FIELD)
        if given:
            refused: HttpResponse = ask(request, *args, **kwargs)
            if refused.status_code != 204:
                return refused
            request.upload = _stored(request.files_for, given)  # type: ignore[attr-defined]
        return answer(request, *args, **kwargs)  # type: ignore[no-any-return]

    door.sides = ask.sides  # type: ignore[attr-defined]
    return require_POST(door)


def _stored(tenant_id: UUID, given: list[Any]) -> Upload:
    upload = Upload()
    for file in given:
        try:
            upload.files.append(save(tenant_id, file.name or "", file.file))
        except Problem as problem:
            upload.problem = f"{file.name}: {problem.detail}"
    return upload


def attached(
    request: HttpRequest, actor: Actor, tenant_id: UUID, upload: Upload, *, at: datetime
) -> list[Attachment]:
    """Rows for the new files, and those rows that the form kept from an attempt that failed."""
    kept = [row_id for text in request.POST.getlist(KEPT) if (row_id := as_uuid(text)) is not None]
    earlier = Attachment.objects.filter(
        id__in=kept,
        tenant_id=tenant_id,
        message__isnull=True,
        uploaded_by_kind=actor.kind,
        uploaded_by=actor.person_id,
    )
    return [*earlier, *(store_file(actor, tenant_id, new, at=at) for new in upload.files)]
