from django.apps import AppConfig


class WallConfig(AppConfig):
    name = "mainstay.core.wall"
    label = "wall"
