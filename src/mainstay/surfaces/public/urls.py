from __future__ import annotations

from django.urls import path

from mainstay.surfaces.public.pages import (
    entrance,
    invitations,
    passwords,
    second_factor,
    setup,
    sign_in,
    single_sign_on,
    stop,
    switch,
)

urlpatterns = [
    path("", entrance.home, name="home"),
    path("preferences", entrance.preferences, name="preferences"),
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-in/link", sign_in.ask_link, name="sign_in_ask_link"),
    path("sign-in/link/<str:token>", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-in/second", second_factor.second, name="sign_in_second"),
    path("sign-in/second/options", second_factor.second_options, name="sign_in_second_options"),
    path("sign-in/passkey", second_factor.passkey, name="sign_in_passkey"),
    path("sign-in/passkey/options", second_factor.passkey_options, name="sign_in_passkey_options"),
    path("sign-in/offers", single_sign_on.offers, name="sign_in_offers"),
    path("sign-in/organisation", single_sign_on.organisation, name="sign_in_organisation"),
    path("sign-in/staff", single_sign_on.at_staff, name="sign_in_staff"),
    path("sign-in/<slug:slug>", single_sign_on.at_slug, name="sign_in_at"),
    path("sso/<uuid:provider_id>/start", single_sign_on.start, name="sso_start"),
    path("sso/<uuid:provider_id>/callback", single_sign_on.callback, name="sso_callback"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("switch", switch.switch, name="switch"),
    path("password/reset", passwords.ask_reset, name="password_reset"),
    path("password/set/<str:token>", passwords.set_by_link, name="password_set"),
    path("password/change", passwords.change, name="password_change"),
    path("invitation/<str:token>", invitations.invitation, name="invitation"),
    path("notifications/stop/<str:token>", stop.stop, name="stop_mails"),
    path("set-up/<str:token>", setup.first_admin, name="first_admin"),
    # The name by which the sign-in library sends people back when a login stage is given up.
    path("sign-in", sign_in.sign_in, name="account_login"),
]
