"""`make bench`: how fast the site is, against floors that run in turn with it; the result is in bench/RESULTS.md.

Seconds depend on the machine and on what else it does; ratios travel. `make bench SIZES="1000 100000 1000000"` measures
a million donations too, on each database; `ONLY=webhook` (or pages, giving) a part, which is printed and not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import report, soak
from bench.machine import ROOT

RESULTS = Path(__file__).with_name("RESULTS.md")
PLAIN = (1_000, 100_000)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(PLAIN), help="donations in the database")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of a round; whole ones, where wrk is the client")
    parser.add_argument("--only", default="", help="webhook, pages, giving, or several with commas")
    parser.add_argument("--soak", type=float, default=2, help="minutes of it at the end; 0 for none")
    options = parser.parse_args()
    measured = []
    for database in options.databases:
        for size in sorted(options.sizes):
            print(f"{size:,} donations on {database} …", file=sys.stderr, flush=True)
            measured.append(_measure(database, [str(size), str(options.rounds), str(options.seconds), options.only]))
    told, well = soak.told(options.soak) if options.soak and not options.only else ("", True)
    text = report.written(measured, told, options.rounds, options.seconds)
    print(text)
    if not options.only:
        RESULTS.write_text(text)
    sys.exit(not well)


def _measure(database: str, options: list[str]) -> report.Measured:
    command = [sys.executable, "-m", "bench.measure", *options]
    with tempfile.TemporaryDirectory() as folder:
        variables = os.environ | {"DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
        if database == "postgresql":
            command = [sys.executable, "-m", "tests.postgres", "--durable", *command]
        done = subprocess.run(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
