from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "mainstay.people.messages"
    label = "people_messages"
