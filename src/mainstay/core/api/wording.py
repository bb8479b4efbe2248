"""What is wrong with a field, in the reader's language. Pydantic's own words are English; its error types are
stable, so each has a sentence here."""

from __future__ import annotations

from typing import Any, Final

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

from mainstay.core.errors import Text

_SENTENCES: Final[dict[str, str | LazyText]] = {
    "missing": _("This is required."),
    "extra_forbidden": _("There is no such field."),
    "string_type": _("Must be text."),
    "string_unicode": _("Contains characters that are not valid Unicode."),
    "string_too_short": _("At least %(min_length)s characters."),
    "string_too_long": _("At most %(max_length)s characters."),
    "string_pattern_mismatch": _("Is not of the expected form."),
    "enum": _("Must be one of: %(expected)s."),
    "literal_error": _("Must be one of: %(expected)s."),
    "int_type": _("Must be a whole number."),
    "int_parsing": _("Must be a whole number."),
    "int_parsing_size": _("This number is too large."),
    "int_from_float": _("Must be a whole number."),
    "float_type": _("Must be a number."),
    "float_parsing": _("Must be a number."),
    "finite_number": _("Must be a finite number."),
    "greater_than": _("Must be more than %(gt)s."),
    "greater_than_equal": _("Must be at least %(ge)s."),
    "less_than": _("Must be less than %(lt)s."),
    "less_than_equal": _("Must be at most %(le)s."),
    "bool_type": _("Must be true or false."),
    "bool_parsing": _("Must be true or false."),
    "uuid_type": _("Must be an id (a UUID)."),
    "uuid_parsing": _("Must be an id (a UUID)."),
    "datetime_type": _("Must be a date and time (RFC 3339)."),
    "datetime_parsing": _("Must be a date and time (RFC 3339)."),
    "datetime_from_date_parsing": _("Must be a date and time (RFC 3339)."),
    "timezone_aware": _("Must say its offset from UTC."),
    "date_parsing": _("Must be a date (YYYY-MM-DD)."),
    "list_type": _("Must be a list."),
    "too_long": _("At most %(max_length)s entries."),
    "too_short": _("At least %(min_length)s entries."),
    "dict_type": _("Must be an object."),
    "model_type": _("Must be an object."),
    "model_attributes_type": _("Must be an object."),
    "none_required": _("Must be null."),
}


def sentence_for(error: dict[str, Any]) -> Text:
    context = dict(error.get("ctx") or {})
    template = _SENTENCES.get(error["type"])
    if template is None:
        # Our own validators raise ValueError with a translated sentence; anything else is pydantic's English.
        own = context.get("error")
        return str(own) if own else str(error["msg"])
    return str(template) % context if context else str(template)


def field_name(location: tuple[Any, ...]) -> str:
    """`("body", "payload", "requester", "email")` → `requester.email`: the path as the caller wrote it."""
    source, *path = location
    if source == "body" and path:
        path = path[1:]  # the parameter of our own function
    return ".".join(str(step) for step in path) or source
