"""A program by a clock that is ahead: `python -m tests.system.chaos.clock <file> <minutes> <module> [argument…]`.

The file says by how many seconds it is ahead, and may say another number at any moment: whoever writes it moves the
clock of every process at once. The minutes are ahead of that. The product knows nothing of it.
"""

from __future__ import annotations

import runpy
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

# Seconds until every process has noticed that the file has changed, and a bit.
NOTICED_WITHIN = 0.4


def ahead(file: Path) -> float:
    """How many seconds the clock is ahead."""
    return float(file.read_text()) if file.exists() else 0.0


def move(file: Path, seconds: float) -> None:
    """Move the clock forward, for all who look at the file."""
    new = file.with_suffix(".new")
    new.write_text(str(ahead(file) + seconds))
    new.replace(file)
    time.sleep(NOTICED_WITHIN)


def main(name: str, minutes: str, module: str, *arguments: str) -> None:
    file = Path(name)
    begun = ahead(file)
    moment = datetime.now(UTC) + timedelta(seconds=begun, minutes=int(minutes))
    with time_machine.travel(moment, tick=True) as clock:
        threading.Thread(target=_follow, args=[file, begun, clock], name="clock", daemon=True).start()
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)


def _follow(file: Path, shown: float, clock: time_machine.Traveller) -> None:
    while True:
        time.sleep(NOTICED_WITHIN / 4)
        now = ahead(file)
        if now != shown:
            clock.shift(now - shown)
            shown = now


if __name__ == "__main__":
    main(*sys.argv[1:])
