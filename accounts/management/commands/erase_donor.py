"""`manage.py erase_donor ADDRESS`: a donor is taken out of everything that is kept, as on the desk."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.data import deletion


class Command(BaseCommand):
    help = "Erase the donor with this e-mail address, with an account or without; the amounts stay in the books."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        found = deletion.look(options["address"])
        if not found.anything:
            raise CommandError("Nobody gave with this address, and no account has it.")
        account = "an account and " if found.account else ""
        self.stdout.write(f"This erases {account}the donor of {found.gifts.gifts} gifts, for good.")
        if not options["yes"] and not self._agreed():
            raise CommandError("Nothing was erased.")
        try:
            gifts = deletion.erase_donor(options["address"])
        except deletion.Staff as error:
            raise CommandError("This is an account of the staff: take that right away from it first.") from error
        except deletion.StillGives as error:
            raise CommandError("This donor gives monthly: stop that first, in the admin.") from error
        self.stdout.write(f"Erased the donor of {gifts} gifts. docs/desk.md says what to do at Stripe.")

    def _agreed(self) -> bool:
        try:
            return input("Type yes to erase: ").strip().lower() == "yes"
        except EOFError:
            raise CommandError("Nothing was erased: there is nobody to ask. Say --yes.") from None
