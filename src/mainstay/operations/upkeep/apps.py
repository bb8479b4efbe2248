from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "mainstay.operations.upkeep"
    label = "upkeep"
