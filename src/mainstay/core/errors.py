"""What can go wrong, in words a caller can act on.

Every error that may leave a door is a `Problem`: a stable `code`, an HTTP status, a translated sentence,
and, where fields are to blame, the fields by name. Doors turn it into problem+json or a page.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _

Text = str | LazyText


class Problem(Exception):
    code: ClassVar[str] = "problem"
    status: ClassVar[int] = 500
    title: ClassVar[Text] = _("Something went wrong")

    def __init__(self, detail: Text = "", *, fields: Mapping[str, Sequence[Text]] | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail: Text = detail or self.title
        self.fields: dict[str, list[Text]] = {k: list(v) for k, v in (fields or {}).items()}


class Invalid(Problem):
    code, status, title = "invalid", 422, _("Some of what was sent cannot be accepted")


class Malformed(Problem):
    code, status, title = "malformed", 400, _("The request could not be read")


class Unauthenticated(Problem):
    code, status, title = "unauthenticated", 401, _("Sign in, or send a valid key")


class Forbidden(Problem):
    code, status, title = "forbidden", 403, _("You may not do this")


class NotFound(Problem):
    """Also the answer for things that exist but are not the caller's to see."""

    code, status, title = "not_found", 404, _("There is nothing here, or you may not see it")


class Conflict(Problem):
    code, status, title = "conflict", 409, _("This no longer fits the present state")


class KeyReused(Conflict):
    code = "idempotency_key_reused"
    title = _("This idempotency key was already used for another request")


class MethodNotAllowed(Problem):
    code, status, title = "method_not_allowed", 405, _("This address does not take that method")


class UnsupportedMedia(Problem):
    code, status, title = "unsupported_media_type", 415, _("This kind of content is not taken here")


class TooLarge(Problem):
    code, status, title = "too_large", 413, _("This is larger than allowed")


class TooMany(Problem):
    code, status, title = "too_many_requests", 429, _("Too many requests; try again shortly")

    def __init__(self, detail: Text = "", *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(Problem):
    code, status, title = "unavailable", 503, _("Not available at the moment; try again shortly")
