"""Print the address where the first administrator is made; nothing once there is one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from mainstay.people.access.first_admin import setup_address


class Command(BaseCommand):
    help = "Print the address where the first administrator is made, as long as there is none."

    def handle(self, *args: Any, **options: Any) -> None:
        address = setup_address()
        if address:
            self.stdout.write(address)
