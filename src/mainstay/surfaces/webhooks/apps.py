from django.apps import AppConfig


class WebhookPagesConfig(AppConfig):
    name = "mainstay.surfaces.webhooks"
    label = "webhook_pages"
