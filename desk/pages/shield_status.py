"""How the shield stands at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from desk.pages import formatting
from donations.models import Alarm, Donation, Opening
from donations.shield import declines, rules
from donations.shield.declines import Declines

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Stand:
    on: bool
    began: str  # when the alarm that rings began; empty while none does
    by: str
    declines: Declines
    opened: int  # payment pages in the last hour
    unpaid: int  # pages that are open now
    ceiling: int  # unpaid pages a minute that the whole site opens
    usual: int  # gifts paid in an hour


def now() -> Stand:
    """What the page about the shield tells."""
    by = rules.current()
    ringing = Alarm.objects.filter(slot=1).first()
    return Stand(
        on=settings.SHIELD,
        began=formatting.moment(ringing.began_at) if ringing else "",
        by=ringing.by if ringing else "",
        declines=declines.recent(),
        opened=Donation.objects.filter(created_at__gte=timezone.now() - HOUR).exclude(session_id="").count(),
        unpaid=Opening.objects.count(),
        ceiling=by.site.burst,
        usual=by.usual // 1000,
    )
