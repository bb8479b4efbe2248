"""A stored file as an answer that no browser will ever run."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from mainstay.core.errors import Forbidden, NotFound
from mainstay.core.storage.files import open_stored
from mainstay.core.storage.rules import ScanVerdict, may_show_inline


def file_response(
    *, filename: str, content_type: str, size: int, sha256: str, storage_key: str, scan: str
) -> StreamingHttpResponse:
    """For a row that the caller was found to see."""
    if scan == ScanVerdict.INFECTED:
        raise Forbidden(_("This file was found to be harmful and is not handed out."))
    try:
        chunks = open_stored(storage_key)
    except FileNotFoundError as missing:
        raise NotFound(_("The file is no longer stored.")) from missing
    response = StreamingHttpResponse(chunks, content_type=content_type)
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = (
        content_disposition_header(not may_show_inline(content_type), filename) or "attachment"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response["ETag"] = f'"{sha256}"'
    return response
