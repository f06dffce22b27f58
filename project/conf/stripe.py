"""Stripe, or its stand-in: the key, the secrets, the addresses."""

from __future__ import annotations

import hashlib
import hmac
import re

from project import env
from project.conf.site import DEBUG, PORT, SECRET_KEY, SITE_URL
from project.env import refuse

STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
STRIPE_LIVE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
STRIPE_WEBHOOK_SECRETS = env.words("STRIPE_WEBHOOK_SECRET")
SANDBOX = env.boolean("SANDBOX", DEBUG and not STRIPE_SECRET_KEY)


def _derived(what: str) -> str:
    """A secret of the stand-in's."""
    return hmac.new(SECRET_KEY.encode(), f"sandbox {what}".encode(), hashlib.sha256).hexdigest()[:32]


if STRIPE_SECRET_KEY and not re.fullmatch(r"[sr]k_(test|live)_[A-Za-z0-9_]+", STRIPE_SECRET_KEY):
    refuse("STRIPE_SECRET_KEY", "is not a Stripe secret key: it begins with sk_test_, rk_test_, sk_live_ or rk_live_.")
if STRIPE_LIVE and DEBUG:
    refuse("STRIPE_SECRET_KEY", "is a live key while DEBUG is on: set DEBUG=false, or use a test key.")
if STRIPE_LIVE and SANDBOX:
    refuse("SANDBOX", "is on with a live Stripe key: take SANDBOX out, or use a test key.")
if not STRIPE_SECRET_KEY and not SANDBOX:
    refuse("STRIPE_SECRET_KEY", "is missing: paste your key from Stripe's dashboard, or set SANDBOX=true to practise.")

if SANDBOX:
    # Derived, not fixed: on a demo site in public nobody else must be able to ask for donors, or to sign an event.
    STRIPE_SECRET_KEY = STRIPE_SECRET_KEY or ("sk_test_sandbox" if DEBUG else "sk_test_" + _derived("key"))
    STRIPE_WEBHOOK_SECRETS = STRIPE_WEBHOOK_SECRETS or ["whsec_" + _derived("webhook")]
if not STRIPE_WEBHOOK_SECRETS and not DEBUG:
    refuse("STRIPE_WEBHOOK_SECRET", "is missing: copy the signing secret of your webhook endpoint (whsec_…).")
if any(not secret.startswith("whsec_") for secret in STRIPE_WEBHOOK_SECRETS):
    refuse("STRIPE_WEBHOOK_SECRET", "does not begin with whsec_: copy the signing secret of your webhook endpoint.")

# The site reaches its own sandbox over the loopback, whatever name or proxy stands before it.
STRIPE_API_BASE = env.origin(
    "STRIPE_API_BASE", f"http://127.0.0.1:{PORT}/sandbox" if SANDBOX else "https://api.stripe.com", path=True
)
STRIPE_CHECKOUT_ORIGIN = env.origin("STRIPE_CHECKOUT_ORIGIN")
STRIPE_ADAPTIVE_PRICING = env.boolean("STRIPE_ADAPTIVE_PRICING", False)

# What the sandbox needs to know of the site it stands in (it imports nothing of the site's domain).
SANDBOX_URL = f"{SITE_URL}/sandbox"
# The one key that it takes, where everybody can reach it; its console is for the staff then. Empty: any, and anybody.
SANDBOX_KEY = "" if DEBUG else STRIPE_SECRET_KEY
SANDBOX_FORWARD_TO = f"http://127.0.0.1:{PORT}/stripe-webhook/"
SANDBOX_WEBHOOK_SECRET = STRIPE_WEBHOOK_SECRETS[0] if STRIPE_WEBHOOK_SECRETS else ""

# Where people look at Stripe's side of a gift; empty when Stripe has a stand-in, which has no dashboard.
STRIPE_DASHBOARD = "" if STRIPE_API_BASE != "https://api.stripe.com" else "https://dashboard.stripe.com"
if STRIPE_DASHBOARD and not STRIPE_LIVE:
    STRIPE_DASHBOARD += "/test"
