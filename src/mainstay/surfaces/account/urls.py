from __future__ import annotations

from django.urls import URLPattern, path

from mainstay.surfaces.account.pages import security, single_sign_on

urlpatterns: list[URLPattern] = [
    path("account/security", security.security, name="account_security"),
    path("account/single-sign-on", single_sign_on.single_sign_on, name="account_single_sign_on"),
    path(
        "account/single-sign-on/<uuid:provider_id>/unlink",
        single_sign_on.unlink,
        name="account_unlink",
    ),
]
