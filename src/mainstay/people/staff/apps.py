from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "mainstay.people.staff"
    label = "staff"
