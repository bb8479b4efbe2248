"""Where the files of a message are fetched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from mainstay.support.tickets.models import Attachment

_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@dataclass(frozen=True, slots=True)
class FileLink:
    name: str
    url: str
    size: int
    is_image: bool
    is_infected: bool


def file_address(attachment: Attachment) -> str:
    return reverse("files:download", args=[attachment.id])


def file_link(attachment: Attachment) -> FileLink:
    return FileLink(
        attachment.filename,
        file_address(attachment),
        attachment.size,
        attachment.content_type in _SHOWN and attachment.scan != "infected",
        attachment.scan == "infected",
    )


def inline_images(attached: Iterable[Attachment]) -> dict[str, str]:
    """Content-ID → address, of pictures that a mail shows among its words."""
    return {
        file.content_id: file_address(file)
        for file in attached
        if file.content_id and file.content_type in _SHOWN and file.scan != "infected"
    }
