"""The breaker: it trips on the rate of declined cards, tells the staff, and goes back by itself when it is over."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from donations.models import Alarm, insert_once
from donations.models.shield import CACHE_KEY
from donations.shield import declines, rules
from donations.shield.declines import Declines
from mail import outbox

log = logging.getLogger(__name__)

EMAIL = "shield-alarm"
PERMISSION = "change_shield"  # who has it is told
AT_LEAST = timedelta(minutes=30)  # so that it does not ring on and off


def watch() -> int:
    """Ring the alarm when cards are being tested, and end it when they no longer are. Returns 1 if it did, else 0."""
    if not settings.SHIELD:
        return 0
    ringing = Alarm.objects.filter(slot=1).first()
    many = rules.chosen().declines
    if ringing is None:
        last = Alarm.objects.order_by("-ended_at").values_list("ended_at", flat=True).first()
        found = declines.recent(last)
        return int(found.alarming(many) and ring(found))
    if ringing.by or ringing.began_at > timezone.now() - AT_LEAST or declines.recent().alarming(many):
        return 0
    return int(end())


def ring(found: Declines, by: str = "") -> bool:
    """Begin an alarm and owe the e-mails about it. False when one is ringing."""
    with transaction.atomic():
        alarm = insert_once(Alarm(declined=found.declined, paid=found.paid, by=by))
        if alarm is None:
            return False
        for user_id in staff():
            outbox.enqueue(EMAIL, f"{alarm.pk}-{user_id}")
    cache.delete(CACHE_KEY)
    log.warning("alarm: %d cards were declined within an hour, %d paid", found.declined, found.paid)
    return True


def end() -> bool:
    """End the alarm that rings. False when none does."""
    ended = Alarm.objects.filter(slot=1).update(slot=None, ended_at=timezone.now())
    cache.delete(CACHE_KEY)
    return bool(ended)


def staff() -> list[int]:
    """Who is to be told: those who may change the shield."""
    granted = {"codename": PERMISSION, "content_type__app_label": "donations"}
    may = Q(is_superuser=True)
    for way in ("groups__permissions", "user_permissions"):
        may |= Q(**{f"{way}__{name}": value for name, value in granted.items()})
    people = get_user_model()._default_manager.filter(may, is_active=True, is_staff=True).exclude(email="")
    return list(people.order_by("pk").values_list("pk", flat=True).distinct())
