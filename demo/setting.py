"""Who asks in the story: an organisation with a goal that is well on its way. One that stands already is left alone."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from donations.domain.status import Status
from donations.models import Donation
from lib import money
from organisation.models import Organisation


def describe() -> bool:
    """Describe the organisation, once the gifts are written; False if somebody has done so before."""
    if Organisation.objects.exists():
        return False
    today = timezone.localdate()
    # Counted from the first of a month: at least four weeks, so that the cup is never empty.
    since = (today - timedelta(days=28)).replace(day=1)
    paid = Donation.objects.filter(status=Status.PAID, created_at__date__gte=since)
    raised = paid.aggregate(sum=Sum("amount"))["sum"] or 0
    step = money.dollars(500, settings.DONATION_CURRENCY)
    Organisation.objects.create(
        name="Saltmarsh",
        tagline="Small gifts keep the tide gauges of the marsh running.",
        description="We measure water, salt and birds in the marsh, and publish every reading.",
        thanks="The next reading is partly yours.",
        contact_email="hello@example.org",
        address="Sluice House\n1 Dyke Road",
        registration_number="Practice 123",
        receipt_text="No goods or services were given in return. This is a practice site: it is no receipt.",
        refund_promise="Write to us within 30 days and we send it back.",
        impact="20 = keeps a gauge running for a month",
        questions="## Who are you?\n\nAn invented organisation, to show what the site looks like.",
        goal_amount=(raised * 4 // 3 // step + 1) * step,
        goal_for="for this winter’s gauges",
        goal_since=since,
        goal_date=today + timedelta(days=60),
    )
    return True
