"""Stripe's own command line tool against the stand-in: `stripe trigger` makes the same objects as at Stripe.

The tool is the one on the PATH, else npm brings it, once, into pytest's cache. Where neither can be, these are skipped.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sandbox.conftest import event_types

pytestmark = pytest.mark.django_db(transaction=True, databases=["sandbox"])

PACKAGE = "@stripe/cli@1.52.0"
PAID = ["charge.succeeded", "payment_intent.succeeded"]


@pytest.fixture(scope="session")
def tool(request: pytest.FixtureRequest) -> str:
    """The program."""
    if found := shutil.which("stripe"):
        return found
    if not shutil.which("npm"):
        pytest.skip("neither `stripe` nor npm is here")
    assert request.config.cache
    folder = request.config.cache.mkdir("stripe-cli")
    program = folder / "node_modules" / ".bin" / "stripe"
    # One of the processes that test at once installs, and the others wait for it.
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            install = ["npm", "install", "--prefix", str(folder), "--prefer-offline", "--ignore-scripts", "--no-audit"]
            try:
                subprocess.run([*install, PACKAGE], check=True, capture_output=True, timeout=60)
            except (subprocess.SubprocessError, OSError) as error:
                pytest.skip(f"npm could not bring {PACKAGE}: {error}")
    return str(program)


@pytest.fixture
def trigger(tool: str, live_server, settings, tmp_path: Path) -> Callable[[str], str]:
    """Triggers an event; returns what the tool said. Its `--api-base` drops a path: the stand-in is at the root."""
    settings.ROOT_URLCONF = "sandbox.standalone_urls"
    # Without https it takes this address alone, not the name.
    address = live_server.url.replace("localhost", "127.0.0.1")
    settings.OTHER_HOSTS = []
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "STRIPE_API_KEY": "sk_test_for_the_tool",
        "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
    }

    def run(event: str) -> str:
        command = [tool, "trigger", event, "--api-base", address, "--color", "off"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    return run


@pytest.mark.parametrize(
    ("event", "brings"),
    [
        ("payment_intent.succeeded", ["payment_intent.created", *PAID]),
        ("checkout.session.completed", ["product.created", "price.created", *PAID, "checkout.session.completed"]),
        ("checkout.session.expired", ["product.created", "price.created", "checkout.session.expired"]),
        ("charge.refunded", ["payment_intent.created", *PAID, "refund.created", "charge.refunded"]),
        (
            "payment_intent.payment_failed",
            ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"],
        ),
    ],
)
def test_it_triggers_what_it_triggers_at_stripe(trigger, event, brings):
    assert "Trigger succeeded!" in trigger(event)
    # A charge may have settled in the meantime.
    assert [type for type in event_types() if type != "charge.updated"] == brings


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("checkout.session.async_payment_succeeded", "The sandbox does not play payment_method_types."),
        ("plan.created", "Unrecognized request URL (POST: /v1/plans)."),
    ],
)
def test_what_is_not_played_is_said_plainly(trigger, event, told):
    said = trigger(event)
    assert "Trigger failed" in said
    assert told in said
