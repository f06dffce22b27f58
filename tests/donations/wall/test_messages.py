"""What donors say is read before it is shown, unless the organisation trusts everybody."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from donations.giving.forms import GiftForm
from donations.models import Donation, Words
from donations.wall import messages
from organisation.models import Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


def say(gift: Donation, message: str, **fields) -> Donation:
    said: dict[str, Any] = {"name": "Ada", "public": True, "show_amount": False} | fields
    messages.save(gift, **said, message=message)
    gift.refresh_from_db()
    return gift


def trust_everybody() -> None:
    Organisation(moderate_messages=False).save()


def test_new_words_wait_to_be_read(donation):
    gift = say(donation, "Well done")
    assert (gift.name, gift.message, gift.public, gift.words) == ("Ada", "Well done", True, Words.WAITING)


def test_new_words_are_shown_at_once_where_everybody_is_trusted(donation):
    trust_everybody()
    assert say(donation, "Well done").words == Words.SHOWN


def test_other_words_are_read_again(donation):
    say(donation, "Well done")
    messages.moderate([(donation.pk, "Well done")], Words.SHOWN)
    assert say(donation, "Well done, you").words == Words.WAITING


def test_refused_words_come_back_for_reading_only_when_they_are_others(donation):
    say(donation, "Bad")
    messages.moderate([(donation.pk, "Bad")], Words.REFUSED)
    assert say(donation, "Bad", name="Ada L.").words == Words.REFUSED
    assert say(donation, "Good").words == Words.WAITING


def test_another_name_or_consent_does_not_send_words_back(donation):
    say(donation, "Well done")
    messages.moderate([(donation.pk, "Well done")], Words.SHOWN)
    assert say(donation, "Well done", name="Ada L.", show_amount=True).words == Words.SHOWN


def test_a_verdict_is_on_the_words_that_were_read_and_on_no_others(donation):
    say(donation, "Harmless")
    say(donation, "Harmful")
    assert messages.moderate([(donation.pk, "Harmless")], Words.SHOWN) == []
    donation.refresh_from_db()
    assert donation.words == Words.WAITING


def test_no_words_need_no_verdict(donation):
    assert messages.moderate([(donation.pk, "")], Words.SHOWN) == []


@pytest.mark.parametrize(("trusting", "state"), [(False, Words.WAITING), (True, Words.SHOWN)])
def test_words_that_come_with_an_order_obey_the_same_setting(trusting, state):
    if trusting:
        trust_everybody()
    form = GiftForm({"amount": "20", "message": "Well done", "public": True})
    assert form.is_valid()
    assert form.order().words == state


def test_anonymous_is_the_default():
    form = GiftForm({"amount": "20"})
    assert form.is_valid()
    order = form.order()
    assert (order.public, order.show_amount) == (False, False)


# --- Names ------------------------------------------------------------------------------------------------------------

AD = "cheap watches at example.com"


def test_an_ordinary_name_is_shown_at_once_and_an_advertisement_waits(donation):
    assert say(donation, "", name="Ada").shown_name == "Ada"
    held = say(donation, "", name=AD)
    assert (held.name, held.name_state, held.shown_name) == (AD, Words.WAITING, "")


@pytest.mark.parametrize(("setting", "shown"), [("none", ["Ada", AD]), ("suspicious", ["Ada", ""]), ("all", ["", ""])])
def test_the_setting_says_which_names_are_read_first(donation, settings, setting, shown):
    settings.MODERATE_NAMES = setting
    assert [say(donation, "", name=name).shown_name for name in ("Ada", AD)] == shown


def test_a_verdict_holds_until_the_name_changes(donation):
    say(donation, "", name=AD)
    assert messages.moderate_names([(donation.pk, "another")], Words.SHOWN) == []
    assert messages.moderate_names([(donation.pk, AD)], Words.SHOWN) == [donation.pk]
    assert say(donation, "Other words", name=AD).shown_name == AD
    assert messages.moderate_names([(donation.pk, AD)], Words.REFUSED) == [donation.pk]
    assert say(donation, "", name=AD).name_state == Words.REFUSED
    assert say(donation, "", name=f"{AD}!").name_state == Words.WAITING


def test_a_name_that_comes_with_an_order_obeys_the_same_setting():
    orders = []
    for name in ("Ada", AD, "\u2800\u3164"):
        form = GiftForm({"amount": "20", "name": name, "public": True})
        assert form.is_valid()
        orders.append(form.order())
    assert [(order.name, order.name_state) for order in orders] == [
        ("Ada", Words.SHOWN), (AD, Words.WAITING), ("", Words.SHOWN),
    ]  # fmt: skip


def test_so_does_the_name_of_an_account():
    form = GiftForm({"amount": "20"})
    assert form.is_valid()
    assert form.order(name=AD).name_state == Words.WAITING
