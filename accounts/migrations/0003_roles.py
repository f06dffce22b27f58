"""Makes the groups Treasurer, Support and Editor."""

from django.db import migrations

from accounts.staff.roles import grant


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_verified"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    # Groups that somebody belongs to are not taken away again.
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
