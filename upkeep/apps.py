from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "upkeep"

    def ready(self) -> None:
        from datetime import timedelta

        from django.utils.translation import gettext_lazy

        from donations.jobs import registry as scheduled_jobs
        from upkeep.backup import nightly

        # Looks every hour, so that a night in which the server was off is made up for.
        job = scheduled_jobs.Job(gettext_lazy("Back up the database"), timedelta(hours=1), nightly.run)
        scheduled_jobs.add(nightly.JOB, job)
