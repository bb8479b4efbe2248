from __future__ import annotations

from django.urls import URLPattern, path

from mainstay.surfaces.account.pages import (
    confirm,
    notifications,
    privacy,
    security,
    sessions,
    single_sign_on,
)

urlpatterns: list[URLPattern] = [
    path("account/security", security.security, name="account_security"),
    path("account/security/app", security.add_app, name="account_add_app"),
    path("account/security/app/remove", security.remove_app, name="account_remove_app"),
    path("account/security/passkeys/new", security.add_passkey, name="account_add_passkey"),
    path("account/security/passkeys/options", security.passkey_options, name="account_passkey_options"),
    path("account/security/passkeys/<int:passkey_id>", security.passkey, name="account_passkey"),
    path("account/security/codes", security.renew_codes, name="account_renew_codes"),
    path("account/sessions", sessions.sessions, name="account_sessions"),
    path("account/privacy", privacy.privacy, name="account_privacy"),
    path("account/privacy/<uuid:request_id>/download", privacy.download, name="account_privacy_download"),
    path("account/confirm", confirm.confirm, name="account_confirm"),
    path("account/confirm/options", confirm.confirm_options, name="account_confirm_options"),
    path("account/single-sign-on", single_sign_on.single_sign_on, name="account_single_sign_on"),
    path(
        "account/single-sign-on/<uuid:provider_id>/unlink",
        single_sign_on.unlink,
        name="account_unlink",
    ),
    path("account/notifications", notifications.inbox, name="account_notifications"),
    path("account/notifications/bell", notifications.bell, name="account_bell"),
    path("account/notifications/read", notifications.mark_all, name="account_read_all"),
    path("account/notifications/undo", notifications.undo, name="account_undo_read"),
    path("account/notifications/preferences", notifications.preferences, name="account_notification_choices"),
    path("account/notifications/<uuid:notice_id>", notifications.open_notice, name="account_notice_open"),
    path("account/notifications/<uuid:notice_id>/mark", notifications.mark, name="account_notice_mark"),
]
