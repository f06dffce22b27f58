"""The server, with a wish to die: `python -m tests.system.journeys.killing <dotted.function> <before|after> [nth]`.

The process ends itself by SIGKILL before or after the nth call of that function. The product knows nothing of it: the
function is replaced from outside, then project.serve serves as ever. Name it where it is looked up: a function that
donations.stripe.events has imported by name is `donations.stripe.events.insert_once`.
"""

from __future__ import annotations

import functools
import itertools
import os
import pkgutil
import signal
import sys
from collections.abc import Callable
from typing import Any


def deadly(function: Callable[..., Any], moment: str, nth: int) -> Callable[..., Any]:
    """The function, whose nth call is the last thing (or nearly the last) that the process does."""
    calls = itertools.count(1)  # its next() is one step, also among threads

    def maybe_die() -> None:
        if next(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if moment == "before":
            maybe_die()
        answer = function(*args, **kwargs)
        if moment == "after":
            maybe_die()
        return answer

    return wrapped


def main(path: str, moment: str, nth: str = "1") -> None:
    import django

    assert moment in {"before", "after"}, moment
    django.setup()  # models cannot be imported earlier
    home, _, name = path.rpartition(".")
    owner = pkgutil.resolve_name(home)
    setattr(owner, name, deadly(getattr(owner, name), moment, int(nth)))

    from project import serve

    serve.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
