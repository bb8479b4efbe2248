"""Attachments: stored first, then tied to the message they are sent with."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from mainstay.core.actor import Actor
from mainstay.core.errors import Invalid
from mainstay.core.storage.files import NewFile
from mainstay.support.tickets.models import Attachment, Message
from mainstay.support.tickets.rules import REPLY, WRITE_NOTES


def store_file(actor: Actor, tenant_id: UUID, new: NewFile, *, at: datetime) -> Attachment:
    """Not yet part of any message: only the one who stored it can send it."""
    if not actor.may(WRITE_NOTES):  # who only writes notes may hang files on them
        actor.require(REPLY)
    return Attachment.objects.create(
        tenant_id=tenant_id,
        filename=new.filename,
        content_type=new.content_type,
        size=new.size,
        sha256=new.sha256,
        storage_key=new.storage_key,
        content_id=new.content_id,
        is_inline=new.is_inline,
        scan=new.scan,
        uploaded_by_kind=actor.kind,
        uploaded_by=actor.person_id,
        created_at=at,
    )


def brings_more(tenant_id: UUID, attachment_ids: tuple[UUID, ...], known: QuerySet[Attachment]) -> bool:
    """Whether one of the files is none of the known ones, by content: each try of a form stores its own."""
    if not attachment_ids:
        return False
    brought = Attachment.objects.filter(tenant_id=tenant_id, id__in=attachment_ids)
    return brought.exclude(sha256__in=known.values("sha256")).exists()


def attach(actor: Actor, message: Message, attachment_ids: tuple[UUID, ...]) -> None:
    """Tie stored files to a message, all or none; one query, conditional on their being the actor's and free."""
    if not attachment_ids:
        return
    changed = Attachment.objects.filter(
        id__in=attachment_ids,
        tenant_id=message.tenant_id,
        message__isnull=True,
        uploaded_by_kind=actor.kind,
        uploaded_by=actor.person_id,
    ).update(message=message, visibility=message.visibility)
    if changed != len(set(attachment_ids)):
        raise Invalid(fields={"attachments": [_("A file is missing or was already sent; add it again.")]})
