"""What Django's own checks of a new password leave open."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from mainstay.core.house.current import house

LEAST_DIFFERENT: Final = 5


class VariedPassword:
    """Not one character over and over, nor little more than the name on the page."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(set(password)) < LEAST_DIFFERENT:
            raise ValidationError(_("This is too much of the same; use more different characters."))
        rest = password.lower()
        for name in (house().operator_name, house().product_name, "mainstay"):
            rest = rest.replace(name.lower(), "")
        if len(rest) < len(password) / 2:
            raise ValidationError(_("This is little more than our name; add words that nobody guesses."))

    def get_help_text(self) -> str:
        return _("Use different characters, and not our name.")
