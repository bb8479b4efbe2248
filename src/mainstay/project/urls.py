"""Every address of the product, by room and surface."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from mainstay.project import api, health
from mainstay.support.channels.hooks import door as hooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/mail/<slug:provider>/<slug:token>", hooks.inbound, name="mail_inbound"),
    path("api/v1/mail/<slug:provider>/<slug:token>/mime", hooks.inbound, name="mail_inbound_mime"),
    path("api/v1/mail/<slug:provider>/<slug:token>/events", hooks.events, name="mail_events"),
    *api.urlpatterns,
    path("", include("mainstay.surfaces.files.urls")),
    path("", include("mainstay.surfaces.public.urls")),  # before the shell: its preferences know the person
    path("", include("mainstay.shell.urls")),
    path("", include("mainstay.surfaces.account.urls")),
    path("", include("mainstay.surfaces.webhooks.urls")),
    path("", include("mainstay.surfaces.portal.urls")),
    path("", include("mainstay.surfaces.desk.urls")),
]

handler400 = "mainstay.project.failures.bad_request"
handler403 = "mainstay.project.failures.permission_denied"
handler404 = "mainstay.project.failures.page_not_found"
handler500 = "mainstay.project.failures.server_error"
