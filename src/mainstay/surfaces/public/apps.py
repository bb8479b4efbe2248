from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "mainstay.surfaces.public"
    label = "public"
