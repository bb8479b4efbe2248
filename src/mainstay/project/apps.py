from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "mainstay.project"
    label = "project"

    def ready(self) -> None:
        from mainstay.project.wiring import plug_in

        plug_in()
