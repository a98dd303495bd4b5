from django.apps import AppConfig


class MindsiteConfig(AppConfig):
    name = "mindsite"

    def ready(self) -> None:
        # Tasks are sent through the app that is current; without this import that would be Celery's default one.
        import mindsite.celery  # noqa: F401, PLC0415
