"""Importing customers, people and ticket history."""

from __future__ import annotations

from typing import Final

from mainstay.people.access.doors import staff_page
from mainstay.surfaces.portal.pages.imports import (
    Side,
    errors_page,
    import_page,
    list_page,
    new_page,
    progress_page,
    template_page,
)

DESK: Final = Side("desk", "shell/layouts/admin.html", "desk_customers", staff_page)
imports = list_page(DESK)
new_import = new_page(DESK)
one_import = import_page(DESK)
import_progress = progress_page(DESK)
import_errors = errors_page(DESK)
import_template = template_page(DESK)
