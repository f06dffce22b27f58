"""How far the organisation's goal has come, ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from donations.giving import goal_drawing
from donations.reporting import public_totals
from lib import money
from organisation.models import Organisation


@dataclass(frozen=True, slots=True)
class Goal:
    """Sums as people read them; without a `goal` the cup stays out of it, and only what came in is told."""

    raised: str
    gifts: int
    goal: str = ""
    purpose: str = ""
    until: date | None = None
    met: bool = False
    coins: tuple[tuple[str, str], ...] = ()
    marks: tuple[goal_drawing.Mark, ...] = ()


def preview(organisation: Organisation) -> Goal:
    stats = public_totals.stats(organisation.goal_since if organisation.goal else None)

    def short(amount: int) -> str:
        return money.display_short(amount, stats.currency)

    raised, target = short(stats.raised), organisation.goal
    if not target:
        return Goal(raised, stats.donations)
    quarters = short(target // 4), short(target // 2), short(target * 3 // 4), short(target)
    return Goal(
        raised=raised,
        gifts=stats.donations,
        goal=short(target),
        purpose=organisation.goal_for,
        until=organisation.goal_date,
        met=stats.raised >= target,
        coins=tuple(goal_drawing.stacks(goal_drawing.coins(stats.raised, target))),
        marks=tuple(goal_drawing.marks(quarters)),
    )
