"""Uploading and downloading files."""

from __future__ import annotations

from typing import Annotated, Any, BinaryIO, cast
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from ninja import File, Form
from ninja.files import UploadedFile

from mainstay.core import clock
from mainstay.core.actor import Actor, Origin
from mainstay.core.api.router import Caller, before_scope
from mainstay.core.errors import Invalid
from mainstay.core.storage.files import NewFile, save
from mainstay.core.storage.serving import file_response
from mainstay.people.tenants.queries import visible_tenants
from mainstay.support.tickets.actions import store_file
from mainstay.support.tickets.api.rendering import attachment_out
from mainstay.support.tickets.api.routing import router
from mainstay.support.tickets.queries import visible_attachment
from mainstay.support.tickets.rules import REPLY
from mainstay.support.tickets.schemas import AttachmentOut


def _save(caller: Caller, values: dict[str, Any]) -> dict[str, Any]:
    caller.actor(Origin()).require(REPLY)  # before anything is stored for somebody who may not
    tenant_id = caller.tenant_id or values["tenant_id"]
    if tenant_id is None:
        raise Invalid(fields={"tenant_id": [_("Say which customer this is for.")]})
    if caller.tenant_id and values["tenant_id"] not in (None, caller.tenant_id):
        raise Invalid(fields={"tenant_id": [_("There is no such customer.")]})
    upload: UploadedFile = values["file"]
    stored = save(tenant_id, upload.name or "", cast("BinaryIO", upload))
    return {"file": stored, "tenant_id": tenant_id}


@router.post("/attachments", response={201: AttachmentOut})
@before_scope(_save)
def upload_attachment(
    actor: Actor,
    file: Annotated[UploadedFile, File()],
    tenant_id: Annotated[UUID | None, Form(description="For the operator's side: the customer's id.")] = None,
) -> AttachmentOut:
    """Store a file, to be sent with a ticket or message by the same caller."""
    assert tenant_id is not None
    if not visible_tenants(actor).filter(id=tenant_id).exists():
        raise Invalid(fields={"tenant_id": [_("There is no such customer.")]})
    return attachment_out(store_file(actor, tenant_id, cast("NewFile", file), at=clock.now()))


@router.get(
    "/attachments/{attachment_id}",
    openapi_extra={
        "responses": {
            200: {
                "description": "The file. Never shown by a browser itself, except for plain images.",
                "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
            }
        }
    },
)
def download_attachment(actor: Actor, attachment_id: UUID) -> StreamingHttpResponse:
    """The bytes of a file that is part of a message which the caller may see."""
    row = visible_attachment(actor, attachment_id)
    return file_response(
        filename=row.filename,
        content_type=row.content_type,
        size=row.size,
        sha256=row.sha256,
        storage_key=row.storage_key,
        scan=row.scan,
    )
