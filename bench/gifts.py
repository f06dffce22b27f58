"""Fills the database of a benchmark with open gifts, and prints their uuids as JSON."""

from __future__ import annotations

import json
import sys

import django


def main(count: int) -> None:
    django.setup()
    from django.utils import timezone

    from donations.models import Donation

    now = timezone.now()
    gifts = [Donation(amount=2000, currency="usd", expires_at=now) for _ in range(count)]
    Donation.objects.bulk_create(gifts, batch_size=500)
    print(json.dumps([str(gift.uuid) for gift in gifts]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
