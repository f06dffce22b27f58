"""Scheduled jobs are kept under slugs, and a reconciliation's result as data; both were English sentences."""

import re

from django.db import migrations, models

SLUGS = {
    "mirror Stripe's book": "mirror-balance-transactions",
    "mirror Stripe's payouts": "mirror-payouts",
    "verify the books": "reconcile",
    "empty old events": "empty-old-events",
    "compare the sponsors' wall": "repair-placements",
    "tidy accounts": "clean-up-accounts",
}
RESULT = re.compile(r"(\d+) rows compared, (\d+) too young, (\d+) differences\.")


def to_slugs(apps, schema_editor):
    jobs = apps.get_model("donations", "Chore").objects
    for sentence, slug in SLUGS.items():
        jobs.filter(pk=sentence).update(name=slug)
    for job in jobs.filter(pk="reconcile"):
        if found := RESULT.match(job.result):
            compared, young, differences = map(int, found.groups())
            # What each of them was stands in the text; the next run keeps it as data as well.
            data = {"compared": compared, "young": young, "discrepancies": [{}] * differences}
            jobs.filter(pk=job.pk).update(data=data)


def to_sentences(apps, schema_editor):
    jobs = apps.get_model("donations", "Chore").objects
    for sentence, slug in SLUGS.items():
        jobs.filter(pk=slug).update(name=sentence)


class Migration(migrations.Migration):
    dependencies = [("donations", "0008_money_desk")]

    operations = [
        migrations.AlterModelOptions(
            name="chore", options={"verbose_name": "scheduled job", "verbose_name_plural": "scheduled jobs"}
        ),
        migrations.AddField(
            model_name="chore", name="data", field=models.JSONField(editable=False, null=True)
        ),
        migrations.RunPython(to_slugs, to_sentences),
    ]
