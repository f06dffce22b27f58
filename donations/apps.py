from django.apps import AppConfig


class DonationsConfig(AppConfig):
    name = "donations"

    def ready(self) -> None:
        from donations import checks  # noqa: F401  (registers itself)
