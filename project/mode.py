"""Where the site starts: a key of the other mode than the database's is refused, as every wrong setting is."""

from __future__ import annotations

import os
import sys
import threading

from django.db import DatabaseError, connections

from donations.ledger import mode


def hold_or_refuse() -> None:
    """End the process with one line if the key does not fit the database; the first start decides what fits.

    A database that does not answer, or has no tables yet, is no reason: /readyz tells of it, and the server's thread
    asks again (project.worker).
    """
    try:
        mode.hold()
    except mode.WrongMode as error:
        _end(f"tincup: {error}")
    except DatabaseError:
        return
    finally:
        # A server that forks after this must not share the connection with its children.
        connections.close_all()


def _end(line: str) -> None:
    # Django's development server loads the application in a thread, where a SystemExit is swallowed without a word.
    if threading.current_thread() is not threading.main_thread():
        print(line, file=sys.stderr, flush=True)  # noqa: T201 as Python does for a SystemExit
        os._exit(1)
    raise SystemExit(line)
