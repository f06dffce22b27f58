from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from datetime import timedelta

        from django.utils.translation import gettext_lazy

        from accounts.data import cleanup
        from accounts.emails import outbox, texts
        from donations.jobs import registry as scheduled_jobs
        from mail import registry as emails

        emails.add(outbox.KINDS, texts.compose)
        job = scheduled_jobs.Job(gettext_lazy("Clean up accounts"), timedelta(days=1), cleanup.tidy)
        scheduled_jobs.add("clean-up-accounts", job)
