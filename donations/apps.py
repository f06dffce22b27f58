from django.apps import AppConfig


class DonationsConfig(AppConfig):
    name = "donations"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from donations import checks  # noqa: F401  (they register themselves)
        from donations.donors import emails
        from donations.donors.monthly import letters
        from donations.ledger import append_only
        from donations.shield import emails as shield_emails
        from mail import registry

        post_migrate.connect(append_only.make, sender=self)
        registry.add(emails.KINDS, emails.compose)
        registry.add(letters.KINDS, letters.compose)
        registry.add(shield_emails.KINDS, shield_emails.compose)
