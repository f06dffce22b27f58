"""The lists of the admin in two groups: what the staff come for every day, and what runs behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

# In this order.
EVERY_DAY = (
    *("Donation", "OfflineGift", "Subscription", "Case", "Message", "Sponsor", "Level", "Organisation", "User"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """`models` as Django's admin describes them to its templates."""

    name: str
    folded: bool
    models: list[dict[str, Any]] = field(default_factory=list)


def grouped(apps: Sequence[dict[str, Any]]) -> list[Group]:
    """The groups that have anything in them, of the admin's list of apps."""
    every_day, behind = Group(_("Every day"), folded=False), Group(_("Behind the scenes"), folded=True)
    for model in (model for app in apps for model in app["models"]):
        (every_day if model["object_name"] in EVERY_DAY else behind).models.append(model)
    every_day.models.sort(key=lambda model: EVERY_DAY.index(model["object_name"]))
    return [group for group in (every_day, behind) if group.models]
