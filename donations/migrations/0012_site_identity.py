"""A database gets an identity: an id of its own, and a mode that the first start decides."""

import uuid

import django.core.validators
from django.db import migrations, models

import donations.models.site_identity


def give_identity(apps, schema_editor):
    """Made from the first row of an older ledger: a backup from before this version gets the same id once more.

    Otherwise the payments that were made between upgrade and restore would be another site's.
    """
    first = apps.get_model("donations", "LedgerEntry").objects.order_by("id").first()
    own = {"site_id": uuid.uuid5(uuid.NAMESPACE_URL, f"tincup:{first.source}").hex} if first else {}
    apps.get_model("donations", "SiteIdentity").objects.create(**own)


class Migration(migrations.Migration):
    dependencies = [("donations", "0011_gifts_by_arrival")]

    operations = [
        migrations.CreateModel(
            name="SiteIdentity",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "site_id",
                    models.CharField(
                        default=donations.models.site_identity.new_site_id,
                        max_length=32,
                        validators=[django.core.validators.RegexValidator(r"\A[0-9a-f]{32}\Z")],
                        verbose_name="site id",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        blank=True,
                        choices=[("", "not decided yet"), ("test", "practice"), ("live", "live")],
                        default="",
                        max_length=4,
                        verbose_name="mode",
                    ),
                ),
            ],
            options={
                "verbose_name": "identity of the site",
                "verbose_name_plural": "identity of the site",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="site_identity_one"),
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ["", "test", "live"])), name="site_identity_mode"
                    ),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="standing",
            options={
                "verbose_name": "place on the sponsors’ wall",
                "verbose_name_plural": "places on the sponsors’ wall",
            },
        ),
        migrations.RunPython(give_identity, migrations.RunPython.noop),
    ]
