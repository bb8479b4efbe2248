"""For the last administrator who lost everything: whoever has a shell administers the machine."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mainstay.core import clock
from mainstay.core.actor import Origin
from mainstay.people.access.accounts import find_user
from mainstay.people.access.factors.changes import reset_for_machine


class Command(BaseCommand):
    help = "Remove somebody's passkeys, authenticator app and recovery codes, and end their sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = find_user(options["email"])
        if user is None:
            raise CommandError(f"nobody signs in as {options['email']}")
        count = reset_for_machine(user, Origin(door="command"), at=clock.now())
        self.stdout.write(f"{count} second factors of {user.email} are removed.")
