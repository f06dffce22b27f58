"""What the site is called from outside."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from project import env
from project.env import refuse

DEBUG = env.boolean("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY")
if len(SECRET_KEY) < 32:
    refuse(
        "SECRET_KEY",
        "is missing or shorter than 32 characters: make one with "
        "`python3 -c 'import secrets; print(secrets.token_urlsafe(50))'` and put it into .env. "
        "To practise: cp .env.example .env",
    )
if SECRET_KEY.startswith("practice-only-") and not DEBUG:
    refuse(
        "SECRET_KEY",
        "is the one of .env.example, which everybody knows: make your own with "
        "`python3 -c 'import secrets; print(secrets.token_urlsafe(50))'` and put it into .env.",
    )

PORT = env.integer("PORT", 8000, least=1, most=65535)
if _path := re.match(r"https?://[^/?#]+/+([^?#]*[^/?#])", env.text("SITE_URL"), re.IGNORECASE):
    refuse(
        "SITE_URL",
        f"ends in the path /{_path[1]}: the site cannot be served below a path. Give it a host name of its own, "
        "like https://give.example.org.",
    )
SITE_URL = env.origin("SITE_URL", f"http://localhost:{PORT}")
SITE_HOST = urlsplit(SITE_URL).netloc.removesuffix(f":{urlsplit(SITE_URL).port}")
HTTPS = SITE_URL.startswith("https://")
