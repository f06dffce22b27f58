"""The stand-in for Stripe as a process of its own, like Stripe and `stripe listen` in one."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sandbox import standalone, worker


class Command(BaseCommand):
    help = "Runs the stand-in for Stripe as its own process on 127.0.0.1."
    # The checks look at the site, and some of them at its database.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of `manage.py sandbox`."""
        parser.add_argument("--port", type=int, default=12111)
        parser.add_argument("--forward-to", required=True, help="address that receives the events")
        parser.add_argument("--secret", required=True, help="whsec_… with which the events are signed")
        parser.add_argument("--database", required=True, type=Path, help="SQLite file; made if it is not there")
        parser.add_argument("--public-url", default="", help="address of the stand-in as a browser sees it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGTERM or SIGINT."""
        address = f"http://127.0.0.1:{options['port']}"
        standalone.configure(
            standalone.Options(
                port=options["port"],
                forward_to=options["forward_to"],
                secret=options["secret"],
                database=options["database"].resolve(),
                public_url=options["public_url"].rstrip("/") or address,
            )
        )
        application = standalone.application()
        # Only this process serves: the site runs without it, so the module is not loaded there.
        from waitress.server import create_server

        server = create_server(
            application,
            host="127.0.0.1",
            port=options["port"],
            threads=16,
            # Reading ahead is how it learns that a client has disconnected, which ends an injected time-out.
            channel_request_lookahead=1,
        )

        def stop(number: int, frame: FrameType | None) -> None:
            raise SystemExit(0)

        signal.signal(signal.SIGTERM, stop)
        worker.start()
        self.stdout.write(f"The sandbox plays Stripe at {address}/v1 (console: {address}/sandbox/)")
        self.stdout.flush()
        try:
            server.run()
        finally:
            server.close()
            worker.stop()
