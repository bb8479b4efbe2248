from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "mainstay.integrations.imports"
    label = "imports"
