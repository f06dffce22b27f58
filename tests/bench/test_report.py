"""What the benchmark tells is a ratio within each round, and nothing of whose machine it was."""

import platform

from bench import report


def measured(size: int, ours: list[float], floor: list[float]) -> report.Measured:
    def target(rates: list[float], of: str) -> dict:
        return {"floor": of, "bytes": 10, "rates": rates, "p99": rates, "p50": rates}

    return {
        "size": size, "database": "SQLite 3", "started": 1.0, "memory": [70.0, 75.0], "story": {"charge": 3800},
        "waiting": None, "targets": {"floor": target(floor, ""), "home": target(ours, "floor")},
    }  # fmt: skip


def test_a_slow_moment_that_fell_on_both_does_not_count():
    # The second round was half as fast for both of them.
    assert report.ratios(measured(1000, [50, 25, 60], [100, 50, 100]), "home") == [0.5, 0.5, 0.6]


def test_the_report_tells_medians_with_their_rounds_and_how_cost_grows():
    small, large = measured(1000, [50, 25, 60], [100, 50, 100]), measured(100_000, [20, 25, 30], [100, 100, 100])
    text = report.written([small, large], "no errors", 3, 1)
    assert "| home | 50 (25 to 60) | **0.50** |" in text
    assert "| home | 2.00 |" in text  # half of the floor, and then a quarter
    assert text.endswith("no errors\n")
    assert "| home | inf |" in report.written([small, measured(100_000, [0, 0, 0], [1, 1, 1])], "", 3, 1)
    assert platform.node() not in text
