from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from datetime import timedelta

        from accounts.data import cleanup
        from accounts.emails import outbox, texts
        from donations.jobs import registry as scheduled_jobs
        from mail import registry as emails

        emails.add(outbox.KINDS, texts.compose)
        scheduled_jobs.add("tidy accounts", timedelta(days=1), cleanup.tidy)
