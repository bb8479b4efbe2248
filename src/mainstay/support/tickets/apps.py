from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "mainstay.support.tickets"
    label = "tickets"
