"""`python -m tests.system.chaos --seed 1`: the site is killed, Stripe lies and stalls, and the books still agree.

With TEST_DATABASE_URL on PostgreSQL (see tests.postgres), otherwise on SQLite.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys

from tests.system.chaos.run import Plan, run


def main() -> int:
    # A default SIGTERM would leave the sites running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="python -m tests.system.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--donors", type=int, default=Plan.donors)
    parser.add_argument("--regulars", type=int, default=Plan.regulars, help="donors who give every month or year")
    parser.add_argument("--months", type=int, default=Plan.months, help="that go by afterwards")
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="how long donors keep coming")
    parser.add_argument("--kills", type=int, default=Plan.kills, help="at least; 0 for none at all")
    parser.add_argument("--sites", type=int, default=Plan.sites, help="processes that share the database")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and databases")
    options = parser.parse_args()
    print(f"chaos: seed {options.seed}", flush=True)
    summary, differences = run(Plan(**vars(options)))
    print(summary, flush=True)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
