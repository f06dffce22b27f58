"""A management command at a later hour: `python -m tests.system.chaos.later <minutes> <command> [argument…]`.

E-mails wait minutes for their next try, and rows younger than a quarter of an hour are not compared: nobody wants to
wait for either. The product knows nothing of it: only this process's clock is ahead.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import time_machine
from django.core.management import execute_from_command_line


def main(minutes: str, *command: str) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=int(minutes)), tick=True):
        execute_from_command_line(["manage.py", *command])


if __name__ == "__main__":
    main(*sys.argv[1:])
