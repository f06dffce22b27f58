"""The stand-in for Stripe, counting its faults: `python -m tests.system.chaos.counting <file> sandbox …`.

One line for each in the file. The stand-in knows nothing of it: the function that rolls the dice is replaced.
"""

from __future__ import annotations

import sys
from pathlib import Path

from django.core.management import execute_from_command_line


def main(file: str, *command: str) -> None:
    import django

    django.setup()
    from sandbox.api import faults

    inject_fault = faults.inject_fault

    def counted(call: str) -> str:
        fault = inject_fault(call)
        if fault:
            with Path(file).open("a") as lines:
                lines.write(f"{fault}\n")
        return fault

    faults.inject_fault = counted
    execute_from_command_line(["manage.py", *command])


if __name__ == "__main__":
    main(*sys.argv[1:])
