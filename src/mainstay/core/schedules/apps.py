from django.apps import AppConfig


class SchedulesConfig(AppConfig):
    name = "mainstay.core.schedules"
    label = "schedules"
