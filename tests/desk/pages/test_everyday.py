"""What the staff come for every day stands first in the admin's list of lists."""

from __future__ import annotations

from typing import Any

from desk.pages import everyday


def _app(*names: str) -> dict[str, Any]:
    return {"models": [{"object_name": name} for name in names]}


def test_what_is_used_every_day_stands_first_and_the_rest_is_folded() -> None:
    first, rest = everyday.grouped([_app("Total", "Case", "Donation"), _app("Mail")])
    assert [model["object_name"] for model in first.models] == ["Donation", "Case"]
    assert [model["object_name"] for model in rest.models] == ["Total", "Mail"]
    assert (first.folded, rest.folded) == (False, True)


def test_who_sees_nothing_of_a_group_sees_no_group() -> None:
    assert [group.folded for group in everyday.grouped([_app("Total")])] == [True]
    assert everyday.grouped([]) == []
