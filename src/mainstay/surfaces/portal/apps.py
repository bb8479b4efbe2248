from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "mainstay.surfaces.portal"
    label = "portal"
