import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def number_what_came_before(apps, schema_editor):
    """Payments that were booked before receipts had numbers get theirs in the order in which they were booked."""
    LedgerEntry = apps.get_model("donations", "LedgerEntry")
    Receipt = apps.get_model("donations", "Receipt")
    entries = LedgerEntry.objects.filter(kind="payment").order_by("id").values_list("id", "recorded_at")
    number, batch = 0, []
    for number, (entry, recorded_at) in enumerate(entries.iterator(chunk_size=1000), start=1):
        batch.append(Receipt(number=number, entry_id=entry, issued_at=recorded_at))
        if len(batch) == 1000:
            Receipt.objects.bulk_create(batch)
            batch = []
    Receipt.objects.bulk_create(batch)
    apps.get_model("donations", "ReceiptCounter").objects.create(id=1, last=number)


class Migration(migrations.Migration):
    dependencies = [
        ("donations", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReceiptCounter",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("last", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "receipt counter",
                "verbose_name_plural": "receipt counter",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="receipt_counter_one")],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveBigIntegerField(unique=True, verbose_name="number")),
                ("issued_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="issued")),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipt",
                        to="donations.ledgerentry",
                        verbose_name="ledger entry",
                    ),
                ),
            ],
            options={
                "verbose_name": "receipt",
                "verbose_name_plural": "receipts",
                "ordering": ["-number"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("number__gt", 0)), name="receipt_number_above_0")
                ],
            },
        ),
        migrations.RunPython(number_what_came_before, migrations.RunPython.noop),
    ]
