from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "mainstay.core.events"
    label = "events"
