"""Each row tells by which key it was made: what is older than that carries no mark."""

import django.utils.timezone
from django.db import migrations, models

import donations.models.stripe_key

MARKED = ("donation", "balancetransaction", "payout")


class Migration(migrations.Migration):
    dependencies = [("donations", "0016_one_spelling")]

    operations = [
        migrations.CreateModel(
            name="StripeKey",
            fields=[
                ("mark", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("account", models.CharField(db_index=True, max_length=255, verbose_name="account")),
                ("since", models.DateTimeField(default=django.utils.timezone.now, verbose_name="used since")),
            ],
            options={
                "verbose_name": "Stripe key",
                "verbose_name_plural": "Stripe keys",
                "ordering": ["since", "mark"],
            },
        ),
        *(
            migrations.AddField(
                model_name=name,
                name="stripe_key",
                field=models.CharField(blank=True, default="", editable=False, max_length=16),
            )
            for name in MARKED
        ),
        *(
            migrations.AlterField(
                model_name=name,
                name="stripe_key",
                field=models.CharField(
                    blank=True, default=donations.models.stripe_key.present_key, editable=False, max_length=16
                ),
            )
            for name in MARKED
        ),
    ]
