from __future__ import annotations

import pytest
from django.test import Client

from donations.models import Donation
from tests.donations.faulty_stripe import FaultyStripe
from tests.donations.giving.donor import give


@pytest.fixture
def given(client: Client, faulty_stripe: FaultyStripe, transactional_db: None) -> Donation:
    """A gift made in this client's browser, its page at Stripe still open."""
    give(client)
    return Donation.objects.get()
