from typing import Any

from django.db import migrations


def rename(apps: Any, schema_editor: Any) -> None:
    """The level of a new site whose name was slang; one that somebody has named is left as it is."""
    levels = apps.get_model("donations", "Level")
    if not levels.objects.filter(slug="teapots").exists():
        levels.objects.filter(name="Jugs", slug="jugs").update(name="Teapots", slug="teapots")


class Migration(migrations.Migration):
    dependencies = [
        ("donations", "0025_search_words"),
    ]

    operations = [migrations.RunPython(rename, migrations.RunPython.noop)]
