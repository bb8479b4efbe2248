"""Make somebody an administrator and print a link to choose a password."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mainstay.core import clock
from mainstay.core.errors import Problem
from mainstay.people.access.first_admin import ensure_admin, password_link


class Command(BaseCommand):
    help = "Make the person with this address an administrator; prints a link to choose a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="", help="as colleagues see it; default: the address")

    def handle(self, *args: Any, **options: Any) -> None:
        at = clock.now()
        email: str = options["email"]
        try:
            user = ensure_admin(email=email, name=options["name"] or email.partition("@")[0], at=at)
        except Problem as problem:
            reasons = [f"{name}: {text}" for name, texts in problem.fields.items() for text in texts]
            raise CommandError("; ".join(reasons) or str(problem.detail)) from problem
        self.stdout.write(f"{email} is an administrator. Choose a password within a day:")
        self.stdout.write(password_link(user, at=at, life=timedelta(days=1)))
