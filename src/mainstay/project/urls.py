"""Every address of the product, by room and surface."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("mainstay.shell.urls")),
]

handler400 = "mainstay.shell.pages.bad_request"
handler403 = "mainstay.shell.pages.permission_denied"
handler404 = "mainstay.shell.pages.page_not_found"
handler500 = "mainstay.shell.pages.server_error"
