from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "mainstay.people.tenants"
    label = "tenants"
