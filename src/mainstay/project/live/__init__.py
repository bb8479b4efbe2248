"""The live stream: its own small ASGI program, `mainstay.project.live:application`. No Django request stack.

It sends hints (what kind of thing, which one, what happened, the place in the order of events), never content;
the page then fetches what it shows through its ordinary door.
"""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mainstay.project.settings")
django.setup()

from mainstay.project.live.program import Program  # noqa: E402

application = Program()
