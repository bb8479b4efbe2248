from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "mainstay.people.access"
    label = "access"
