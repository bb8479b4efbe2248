from django.apps import AppConfig


class AccountConfig(AppConfig):
    name = "mainstay.surfaces.account"
    label = "own_account"
