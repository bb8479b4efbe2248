"""Reading what was sent: strictly, so that nothing odd gets any further."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser
from pydantic_core import from_json

from mainstay.core.errors import Invalid, Malformed, UnsupportedMedia

_FORMS: Final = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})


class StrictParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        _require_json(request)
        return read_json(request.body)

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> dict[str, Any]:
        if data is request.GET:
            _require_readable_query(request)
        elif request.content_type not in _FORMS:
            raise UnsupportedMedia(
                _("Send %(wanted)s; this is %(got)s.")
                % {"wanted": "multipart/form-data", "got": request.content_type or _("nothing")}
            )
        found = super().parse_querydict(data, list_fields, request)
        wrong = {k: [_nul()] for k, v in found.items() if "\0" in k or (isinstance(v, str) and "\0" in v)}
        if wrong:
            raise Invalid(fields=wrong)
        return found


def read_json(body: bytes) -> Any:
    try:
        # Refuses what is not UTF-8, and halves of surrogate pairs, and says where.
        data = from_json(body, allow_inf_nan=False)
    except ValueError as wrong:
        raise Malformed(_("This is not valid JSON: %(what)s.") % {"what": wrong}) from wrong
    if b"\\u0000" in body:
        wrong_fields: dict[str, list[str]] = {}
        _find_nul(data, (), wrong_fields)
        if wrong_fields:
            raise Invalid(fields=wrong_fields)
    return data


def _require_json(request: HttpRequest) -> None:
    kind, charset = request.content_type or "", (request.content_params or {}).get("charset", "utf-8")
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        if charset.lower() in ("utf-8", "utf8"):
            return
        kind = f"{kind}; charset={charset}"
    raise UnsupportedMedia(
        _("Send %(wanted)s; this is %(got)s.") % {"wanted": "application/json", "got": kind or _("nothing")}
    )


def _require_readable_query(request: HttpRequest) -> None:
    query = request.META.get("QUERY_STRING", "")
    if "%" in query or not query.isascii():
        try:
            unquote_to_bytes(query.encode("latin-1")).decode()
        except UnicodeError as wrong:
            raise Malformed(_("The query of the address is not valid UTF-8.")) from wrong


def _find_nul(value: Any, path: tuple[str, ...], found: dict[str, list[str]]) -> None:
    if isinstance(value, str):
        if "\0" in value:
            found[".".join(path) or "body"] = [_nul()]
    elif isinstance(value, dict):
        for key, inner in value.items():
            if "\0" in key:
                found[".".join(path) or "body"] = [_nul()]
            else:
                _find_nul(inner, (*path, key), found)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            _find_nul(inner, (*path, str(position)), found)


def _nul() -> str:
    return _("Contains a character (NUL) that cannot be stored.")
