from django.apps import AppConfig


class DonationsConfig(AppConfig):
    name = "donations"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from donations import checks, letters, triggers  # noqa: F401  (checks register themselves)
        from mail import composers

        post_migrate.connect(triggers.make, sender=self)
        composers.add(letters.KINDS, letters.compose)
