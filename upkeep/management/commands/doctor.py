"""`manage.py doctor`: how the site is, with an exit code for monitors."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lib.finding import Finding, Level
from upkeep.doctor import examination, machine

# As Nagios and its kin read them.
EXIT = {Level.OK: 0, Level.WARNING: 1, Level.ERROR: 2}
MARK = {Level.OK: "ok     ", Level.WARNING: "warning", Level.ERROR: "ERROR  "}


class Command(BaseCommand):
    help = "How the site is. Ends with 0 if all is well, with 1 for warnings, with 2 for errors."
    # They are among the findings.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", metavar="ADDRESS", help="also send a test e-mail there")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        found = examination.examine(examination.THOROUGH)
        if options["email"]:
            found += machine.test_email(options["email"])
        worst = examination.worst(found)
        if options["json"]:
            self.stdout.write(json.dumps({"level": worst, "findings": [asdict(each) for each in found]}, indent=2))
        else:
            for each in found:
                self._tell(each)
        if worst is not Level.OK:
            sys.exit(EXIT[worst])

    def _tell(self, finding: Finding) -> None:
        self.stdout.write(f"{MARK[finding.level]}  {finding.name}: {finding.message}")
        if finding.remedy:
            self.stdout.write(f"         → {finding.remedy}")
