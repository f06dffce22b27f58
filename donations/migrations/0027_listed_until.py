from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("donations", "0026_teapots"),
    ]

    operations = [
        migrations.AddField("subscription", "period_start", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("subscription", "listed_until", models.DateTimeField(editable=False, null=True)),
    ]
