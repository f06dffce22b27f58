"""What is remembered of the storm, where the verdict hangs on it."""

from __future__ import annotations

import pytest

from tests.system.chaos.tally import Gift, State, Tally


def pages(tally: Tally) -> set[str]:
    (found,) = tally.led_to.values()
    return found


@pytest.mark.parametrize("state", [State.OPEN, State.PAID])
def test_two_pages_of_one_form_stand_side_by_side(state: State) -> None:
    tally = Tally()
    tally.led("form", 100, 0, "cs_1", "ada@example.org").state = state
    tally.led("form", 100, 0, "cs_2", "ada@example.org")
    assert pages(tally) == {"cs_1", "cs_2"}


@pytest.mark.parametrize(
    "over",
    [
        Gift("cs_1", 100, "ada@example.org", State.EXPIRED),
        Gift("cs_1", 100, "ada@example.org", State.FAILED),
        Gift("cs_1", 100, "ada@example.org", State.PROCESSING, bank="fails"),
        Gift("cs_1", 100, "ada@example.org", State.PAID, bounced=True),
    ],
)
def test_a_form_whose_page_is_over_may_lead_to_another_one(over: Gift) -> None:
    tally = Tally()
    tally.gifts["cs_1"] = over
    tally.led("form", 100, 0, "cs_1", "ada@example.org")
    tally.led("form", 100, 0, "cs_2", "ada@example.org")
    assert pages(tally) == {"cs_2"}
