"""Brings the accounts' addresses to one spelling each, and their names to what can be seen of them.

Two accounts that were one mailbox in two spellings become one: that of the two which was proved, or the older one. The
other's gifts join it, and nobody signs in to the other any more.
"""

from typing import Any

from django.db import migrations

from lib.people.addresses import normalise
from lib.people.typed_text import tidy


def rewrite(apps: Any, schema_editor: Any) -> None:
    users = apps.get_model("accounts", "User").objects
    for user in users.order_by("pk"):
        fields = {name: normalise(old) for name in ("new_email", "previous_email") if (old := getattr(user, name))}
        fields["name"] = tidy(user.name)
        email = normalise(user.email)
        twin = users.filter(email=email).exclude(pk=user.pk).first()
        if twin is None:
            fields["email"] = email
        elif email != user.email:
            _join(apps, *((twin, user) if twin.verified_at or not user.verified_at else (user, twin)), email)
        changed = {name: value for name, value in fields.items() if value != getattr(user, name)}
        if changed:
            users.filter(pk=user.pk).update(**changed)


def _join(apps: Any, kept: Any, other: Any, email: str) -> None:
    users = apps.get_model("accounts", "User").objects
    if other.verified_at:
        apps.get_model("donations", "Donation").objects.filter(user=other.pk).update(user=kept.pk)
    # The daily comparison puts the places on the wall right.
    apps.get_model("donations", "Standing").objects.filter(user=other.pk).delete()
    users.filter(pk=other.pk).update(email=f"joined-{other.pk}@invalid", is_active=False)
    users.filter(pk=kept.pk).update(email=email)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_roles"), ("donations", "0016_one_spelling")]

    operations = [migrations.RunPython(rewrite, migrations.RunPython.noop)]
