from django.apps import AppConfig


class SlaConfig(AppConfig):
    name = "mainstay.support.sla"
    label = "sla"
