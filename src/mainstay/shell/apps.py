from django.apps import AppConfig


class ShellConfig(AppConfig):
    name = "mainstay.shell"
    label = "shell"
