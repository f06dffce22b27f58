#!/usr/bin/env python
"""Tincup's command line: `python manage.py <command>`."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import DatabaseError

from project import addrport

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    # Before the settings are read: the addresses of the site and of its stand-in for Stripe are built from PORT.
    if sys.argv[1:2] == ["runserver"] and (port := addrport.port(sys.argv[2:])):
        os.environ["PORT"] = port
    try:
        execute_from_command_line(sys.argv)
    except DatabaseError:
        if "--traceback" in sys.argv:
            raise
        from project import databases

        databases.open_all()  # says in one line what is wrong, if it is the database itself
        databases.refuse_old()
        raise
