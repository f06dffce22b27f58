"""What `runserver [address:]port` asks for."""

from __future__ import annotations

import argparse


def port(arguments: list[str]) -> str:
    """The port among the arguments of `runserver`; empty when they name none, and Django's own default is not ours."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("addrport", nargs="?", default="")
    # Those whose next word would look like a port, and the one that itself looks like a number.
    for name in ("--settings", "--pythonpath", "--verbosity", "-v"):
        parser.add_argument(name)
    parser.add_argument("-6", action="store_true")
    named = str(parser.parse_known_args(arguments)[0].addrport).rpartition(":")[2]
    # What is no number is for runserver to refuse.
    return named if named.isascii() and named.isdigit() else ""
