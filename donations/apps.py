from datetime import timedelta

from django.apps import AppConfig


class DonationsConfig(AppConfig):
    name = "donations"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate
        from django.utils.translation import gettext_lazy as _

        from donations import checks  # noqa: F401  (they register themselves)
        from donations.donors import emails
        from donations.donors.monthly import announcing, letters
        from donations.jobs import registry as jobs
        from donations.ledger import append_only
        from donations.shield import emails as shield_emails
        from mail import registry

        post_migrate.connect(append_only.make, sender=self)
        registry.add(emails.KINDS, emails.compose)
        registry.add(letters.KINDS, letters.compose)
        jobs.add(
            "announce-charges", jobs.Job(_("Announce charges that come again"), timedelta(hours=1), announcing.announce)
        )
        registry.add(shield_emails.KINDS, shield_emails.compose)
