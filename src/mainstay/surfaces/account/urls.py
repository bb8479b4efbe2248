from __future__ import annotations

from django.urls import URLPattern, path

from mainstay.surfaces.account.pages import security

urlpatterns: list[URLPattern] = [
    path("account/security", security.security, name="account_security"),
]
