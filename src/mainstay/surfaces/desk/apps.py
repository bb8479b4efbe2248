from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "mainstay.surfaces.desk"
    label = "desk"
