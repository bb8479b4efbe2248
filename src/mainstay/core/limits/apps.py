from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "mainstay.core.limits"
    label = "limits"
