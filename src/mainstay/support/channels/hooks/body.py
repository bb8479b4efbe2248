"""Reading what was posted, byte by byte: Django would take the words of a form for UTF-8, and mails are not."""

from __future__ import annotations

from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any, Final
from urllib.parse import parse_qsl

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict

from mainstay.core.errors import Malformed, TooLarge

_MOST_FIELDS: Final = 1000


@dataclass(slots=True)
class Posted:
    content_type: str
    body: bytes = field(repr=False)
    fields: dict[str, bytes] = field(default_factory=dict, repr=False)
    files: list[tuple[str, SimpleUploadedFile]] = field(default_factory=list, repr=False)


def read_posted(request: HttpRequest, *, limit: int) -> Posted:
    """Reads at most `limit` bytes, and hands the request on as the libraries expect it: `body`, `POST`, `FILES`."""
    length = request.headers.get("Content-Length", "0")
    if length.isdigit() and int(length) > limit:
        raise TooLarge
    body = request.read(limit + 1)
    if len(body) > limit:
        raise TooLarge
    posted = Posted(request.content_type or "", body)
    if posted.content_type == "multipart/form-data":
        _read_parts(posted, (request.content_params or {}).get("boundary", ""))
    elif posted.content_type == "application/x-www-form-urlencoded":
        _read_pairs(posted)
    _hand_on(request, posted)
    return posted


def _read_pairs(posted: Posted) -> None:
    try:
        pairs = parse_qsl(posted.body, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Malformed from None
    posted.fields = {name.decode("utf-8", "replace"): value for name, value in pairs}


def _read_parts(posted: Posted, boundary: str) -> None:
    if not boundary or len(boundary) > 200:
        raise Malformed
    parts = (b"\r\n" + posted.body).split(b"\r\n--" + boundary.encode("latin-1", "replace"))
    if len(parts) > _MOST_FIELDS:
        raise Malformed
    for part in parts[1:]:
        if part.startswith(b"--"):
            return
        head, found, content = part.partition(b"\r\n\r\n")
        if not found:
            raise Malformed
        _take(posted, message_from_bytes(head.strip(), policy=policy.compat32), content)
    raise Malformed  # its end did not arrive


def _take(posted: Posted, head: Any, content: bytes) -> None:
    name = head.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        return
    filename = head.get_filename()
    if filename is None:
        posted.fields[name] = content
        return
    file = SimpleUploadedFile(filename or "file", content, content_type=head.get_content_type())
    posted.files.append((name, file))


def _hand_on(request: HttpRequest, posted: Posted) -> None:
    words = QueryDict(mutable=True)
    for name, value in posted.fields.items():
        words[name] = value.decode("utf-8", "replace")
    files: MultiValueDict[str, SimpleUploadedFile] = MultiValueDict()
    for name, file in posted.files:
        files.appendlist(name, file)
    loaded: Any = request
    loaded._body, loaded._post, loaded._files, loaded._read_started = posted.body, words, files, True
