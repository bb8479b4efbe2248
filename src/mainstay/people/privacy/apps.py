from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "mainstay.people.privacy"
    label = "privacy"
