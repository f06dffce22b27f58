"""Totals keep disputes apart from refunds: the two are rows of their own on every page."""

from collections import defaultdict

from django.db import migrations, models
from django.db.models import F
from django.utils import timezone

DISPUTES = ["dispute_withdrawal", "dispute_reinstatement"]


def apart(apps, schema_editor):
    _move(apps, 1)


def together(apps, schema_editor):
    _move(apps, -1)


def _move(apps, sign):
    """Take what disputes took in each month of the site's time zone out of `refunded`; or put it back."""
    sums = defaultdict(int)
    rows = apps.get_model("donations", "LedgerEntry").objects.filter(kind__in=DISPUTES).order_by()
    for currency, at, amount in rows.values_list("currency", "happened_at", "amount").iterator(chunk_size=5000):
        sums[currency, timezone.localtime(at).date().replace(day=1)] -= amount * sign
    for (currency, month), amount in sums.items():
        apps.get_model("donations", "Total").objects.filter(currency=currency, month=month).update(
            refunded=F("refunded") - amount, disputed=F("disputed") + amount
        )


class Migration(migrations.Migration):
    dependencies = [("donations", "0009_scheduled_jobs")]

    operations = [
        migrations.AddField(
            model_name="total",
            name="disputed",
            field=models.BigIntegerField(
                default=0, help_text="Withdrawn, less what was reinstated.", verbose_name="disputed"
            ),
        ),
        migrations.AlterField(
            model_name="total",
            name="refunded",
            field=models.BigIntegerField(
                default=0, help_text="Less the refunds that failed.", verbose_name="refunded"
            ),
        ),
        migrations.RunPython(apart, together),
    ]
