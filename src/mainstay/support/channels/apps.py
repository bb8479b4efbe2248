from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "mainstay.support.channels"
    label = "channels"
