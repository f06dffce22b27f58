"""The site's own settings, with other addresses; BENCH_FLOOR=bare takes the middleware away."""

import os

from project.settings import *  # noqa: F403
from project.settings import INSTALLED_APPS as ITS_APPS
from project.settings import MIDDLEWARE as ITS_MIDDLEWARE

INSTALLED_APPS = [*ITS_APPS, "bench.floors"]
MIDDLEWARE = [] if os.environ["BENCH_FLOOR"] == "bare" else ITS_MIDDLEWARE
ROOT_URLCONF = "bench.floors.views"
