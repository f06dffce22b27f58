"""The story that `demo_data` tells."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from demo import story


def test_the_same_seed_tells_the_same_story() -> None:
    start, end = datetime(2025, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    told, again, other = (list(story.gifts(random.Random(seed), start, end)) for seed in (7, 7, 8))
    assert len(told) > 300
    assert told == again
    assert told != other
