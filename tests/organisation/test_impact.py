"""What an amount does is written as lines that begin with an amount."""

from __future__ import annotations

import pytest

from organisation import impact


def test_each_line_is_an_amount_and_what_it_does():
    text = "20 = keeps a gauge running\n\n12.50= a bag of salt = and a spade"
    assert impact.lines(text, "usd") == [("$20", "keeps a gauge running"), ("$12.50", "a bag of salt = and a spade")]


@pytest.mark.parametrize("line", ["keeps a gauge running", "a lot = keeps a gauge running", "20 =", "="])
def test_a_line_that_says_no_amount_is_refused_by_itself(line):
    with pytest.raises(impact.UnreadableError) as error:
        impact.lines(f"5 = fine\n{line}", "usd")
    assert error.value.args == (line,)


def test_lines_of_another_currency_are_not_shown():
    assert impact.shown("12.50 = a bag of salt", "jpy") == []
