from django.apps import AppConfig


class HouseConfig(AppConfig):
    name = "mainstay.core.house"
    label = "house"
