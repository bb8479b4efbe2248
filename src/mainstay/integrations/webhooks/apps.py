from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "mainstay.integrations.webhooks"
    label = "webhooks"
