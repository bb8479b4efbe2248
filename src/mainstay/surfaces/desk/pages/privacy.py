"""Personal data of customers' people."""

from __future__ import annotations

from typing import Final

from mainstay.people.access.doors import staff_page
from mainstay.surfaces.portal.pages.privacy import Side, download_page, list_page, person_page

DESK: Final = Side("desk", "shell/layouts/admin.html", staff_page)
privacy = list_page(DESK)
personal = person_page(DESK)
privacy_download = download_page(DESK)
