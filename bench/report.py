"""Writes what was measured as Markdown: rates with their smallest and largest round, and the ratio to the floor."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from typing import Any

from bench import load, machine

Measured = dict[str, Any]


READ = """# How fast it is

Written by `make bench`. Read the ratios: seconds belong to the machine, and to what else it did. Ours and the floors
ran in turn, {rounds} rounds of {seconds:g} s each; the medians stand here, with the smallest and the largest round
behind them. A ratio is the median of the ratios within each round.

Machine: {machine}. Client: {client}. Server: `project/serve.py`, one process; the floors, of `bench/floors`, behind the
same. Events: {events}.
"""
GROWTH = """
## As the donations grow

What a request costs, against its floor, as a multiple of what it costs in the smallest database of the same kind.
"""


def written(measured: list[Measured], soak: str, rounds: int, seconds: float) -> str:
    events = ", ".join(f"{kind} {size / 1000:.1f} KB" for kind, size in measured[0]["story"].items())
    lines = [
        READ.format(rounds=rounds, seconds=seconds, machine=machine.described(), client=load.CLIENT, events=events)
    ]
    for each in measured:
        lines += [f"## {each['size']:,} donations, {each['database']}", "", *_table(each), ""]
        first, after = each["memory"]
        lines.append(
            f"Second start to the first byte of the front page: {each['started']:.2f} s. Resident memory: {first:.0f} "
            f"MiB after a request of each kind, {after:.0f} MiB after all of this."
        )
        lines += ["", *_waiting(each["waiting"]), ""] if each["waiting"] else [""]
    if flat := list(_flat(measured)):
        lines += [GROWTH, *flat, ""]
    if soak:
        lines += ["## Soak", "", soak]
    return "\n".join(lines).rstrip() + "\n"


def _table(each: Measured) -> Iterable[str]:
    yield "| | a second | of the floor | p99 ms | bytes | floor |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    for name, target in each["targets"].items():
        ratio = ""
        if target["floor"]:
            ratio = f"**{_middle(ratios(each, name), '.2f')}**"
        yield (
            f"| {name} | {_spread(target['rates'], ',.0f')} | {ratio} | {statistics.median(target['p99']):.1f} "
            f"| {target['bytes']:,} | {target['floor']} |"
        )


def _waiting(found: dict[str, list[float]]) -> Iterable[str]:
    home, stripe = found["waiting at home"], found["waiting at Stripe"]
    share = statistics.median(ours / other for ours, other in zip(stripe, home, strict=True))
    yield (
        f"Front pages a second beside 16 donors who wait 100 ms for Stripe: {_spread(stripe, ',.0f')}, which is "
        f"**{share:.2f}** of those beside 16 donors who wait at home as long and give as often "
        f"({_spread(home, ',.0f')}). Alone: {_spread(found['alone'], ',.0f')}."
    )


def _flat(measured: list[Measured]) -> Iterable[str]:
    kinds: dict[str, list[Measured]] = {}
    for each in measured:
        kinds.setdefault(each["database"].split(",")[0], []).append(each)
    found = [(kind, runs[0], run) for kind, runs in kinds.items() for run in runs[1:]]
    if not found:
        return []
    names = [name for name, target in measured[0]["targets"].items() if target["floor"]]
    rows = [
        "| | " + " | ".join(f"{kind}, {run['size']:,}" for kind, _, run in found) + " |",
        "| --- |" + " ---: |" * len(found),
    ]
    for name in names:
        costs = [_cost(run, name) / _cost(first, name) for _, first, run in found]
        rows.append(f"| {name} | " + " | ".join(f"{cost:.2f}" for cost in costs) + " |")
    return rows


def _cost(each: Measured, name: str) -> float:
    """What a request costs in those of the floor; without end, when none was answered within a round."""
    usual = statistics.median(ratios(each, name))
    return 1 / usual if usual else math.inf


def ratios(each: Measured, name: str) -> list[float]:
    """Of each round: our rate against that of the floor."""
    target = each["targets"][name]
    floor = each["targets"][target["floor"]]["rates"]
    return [ours / least for ours, least in zip(target["rates"], floor, strict=True)]


def _middle(values: list[float], form: str) -> str:
    return format(statistics.median(values), form)


def _spread(values: list[float], form: str) -> str:
    return f"{_middle(values, form)} ({min(values):{form}} to {max(values):{form}})"
