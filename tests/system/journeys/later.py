"""The server at a later hour: `python -m tests.system.journeys.later <seconds>`.

What a killed process had claimed is free when its time is over, and nobody wants to wait for that. The product knows
nothing of it: only this process's clock is ahead.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import time_machine


def main(seconds: str) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(seconds)), tick=True):
        from project import serve

        serve.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
