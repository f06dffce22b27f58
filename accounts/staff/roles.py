"""Who may do what at the desk: three groups, made by migration, for people who are not superusers.

A group's permissions can be changed in the admin; a later migration only ever adds to them.
"""

from __future__ import annotations

from typing import Any

# Role -> app -> model -> what may be done with it. A word with an underscore is a permission's whole name.
ROLES: dict[str, dict[str, dict[str, str]]] = {
    # Answers for the money: sees all of it, sends it back, takes it home as a file.
    "Treasurer": {
        "donations": {
            "donation": "view change refund_donation export_donations erase_donor",
            "ledgerentry": "view",
            "balancetransaction": "view",
            "total": "view",
            "case": "view",
            "subscription": "view stop_subscription",
            "stripeevent": "view change",
            "striperef": "view",
            "chore": "view",
            "shield": "view change",
            "alarm": "view",
            "offlinegift": "view add",
        },
        "mail": {"mail": "view change"},
        "accounts": {"user": "view"},
        "admin": {"logentry": "view"},
    },
    # Answers donors: finds a gift, mends what was misspelt, sends a letter again, stops a monthly gift. Moves no money,
    # takes nothing home.
    "Support": {
        "donations": {
            "donation": "view change",
            "ledgerentry": "view",
            "case": "view",
            "striperef": "view",
            "subscription": "view stop_subscription",
        },
        "mail": {"mail": "view change"},
        "accounts": {"user": "view"},
    },
    # Writes what visitors read. Sees no gift and no donor.
    "Editor": {
        "organisation": {"organisation": "add view change"},
        "donations": {
            "level": "add view change delete",
            "sponsor": "add view change delete",
            "message": "view change",
        },
    },
}


def grant(apps: Any, schema_editor: Any = None) -> None:
    """Make the groups and give them what is theirs. For migrations: `apps` is the registry of that moment.

    On a fresh database Django makes permissions after the last migration only, so those that are missing are made
    here; Django then finds them as it would have made them, but for the name, which it does not look at.
    """
    content_type = apps.get_model("contenttypes", "ContentType")
    group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for role, app, model, codename in wanted():
        kind, _ = content_type.objects.get_or_create(app_label=app, model=model)
        name = "Can " + codename.replace("_", " ")
        one, _ = permission.objects.get_or_create(content_type=kind, codename=codename, defaults={"name": name})
        group.objects.get_or_create(name=role)[0].permissions.add(one)


def wanted() -> list[tuple[str, str, str, str]]:
    """(role, app, model, codename) for each permission of each role."""
    return [
        (role, app, model, word if "_" in word else f"{word}_{model}")
        for role, models in ROLES.items()
        for app, doings in models.items()
        for model, words in doings.items()
        for word in words.split()
    ]
