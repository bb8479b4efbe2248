"""Addresses for tests and pictures: the gallery is always there."""

from django.urls import include, path

from mainstay.shell import urls

urlpatterns = [
    path("", include("mainstay.shell.urls")),
    *(pattern for pattern in urls.gallery_patterns if pattern not in urls.urlpatterns),
]
handler400 = "mainstay.shell.pages.bad_request"
handler403 = "mainstay.shell.pages.permission_denied"
handler404 = "mainstay.shell.pages.page_not_found"
handler500 = "mainstay.shell.pages.server_error"
