"""JSON for tickets, by what is done: reading, writing, changing, files."""

from mainstay.support.tickets.api import changing, files, reading, writing
from mainstay.support.tickets.api.routing import router

__all__ = ["changing", "files", "reading", "router", "writing"]
