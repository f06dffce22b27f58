"""Early warnings of fraud: the card's network tells of a payment that its holder did not make, before any dispute."""

from __future__ import annotations

from django.db import transaction

from sandbox.core import clock, store
from sandbox.models import Record
from sandbox.objects import fraud_warning
from sandbox.router import ALIAS
from sandbox.webhooks.events import emit

KIND = "radar.early_fraud_warning"


@transaction.atomic(using=ALIAS)
def warn(charge_id: str) -> Record:
    """The network warns of this charge."""
    record = store.add(fraud_warning.build(store.get("charge", charge_id).body, created=clock.timestamp()))
    emit((f"{KIND}.created", record.body))
    return record
