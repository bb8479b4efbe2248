from __future__ import annotations

from django.urls import URLPattern, path

from mainstay.surfaces.webhooks.pages import deliveries, endpoints

_ONE = "webhooks/<uuid:endpoint_id>"
urlpatterns: list[URLPattern] = [
    path("webhooks", endpoints.webhooks, name="webhooks"),
    path("webhooks/new", endpoints.new, name="webhook_new"),
    path(_ONE, deliveries.webhook, name="webhook"),
    path(f"{_ONE}/edit", endpoints.edit, name="webhook_edit"),
    path(f"{_ONE}/secret", endpoints.secret, name="webhook_secret"),
    path(f"{_ONE}/switch", endpoints.switch, name="webhook_switch"),
    path(f"{_ONE}/remove", endpoints.remove, name="webhook_remove"),
    path(f"{_ONE}/test", deliveries.test, name="webhook_test"),
    path(f"{_ONE}/replay", deliveries.replay_all, name="webhook_replay"),
    path(f"{_ONE}/deliveries/<uuid:sent_id>", deliveries.delivery, name="webhook_delivery"),
    path(f"{_ONE}/deliveries/<uuid:sent_id>/replay", deliveries.replay, name="webhook_delivery_replay"),
]
