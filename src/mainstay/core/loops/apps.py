from django.apps import AppConfig


class LoopsConfig(AppConfig):
    name = "mainstay.core.loops"
    label = "loops"
