"""Whether the worker's loops are alive."""

from __future__ import annotations

from django.db import models

from mainstay.core.wall.functions import LookupFunction, lookup_function
from mainstay.core.wall.kinds import plumbing_wall


class Heartbeat(models.Model):
    """The last sign of each loop. Written outside the loop's own transactions, every few seconds."""

    loop = models.TextField(primary_key=True)
    last_ran_at = models.DateTimeField()
    last_count = models.IntegerField(default=0)
    """How many it did since the sign before."""
    last_error = models.TextField(default="")
    """Empty again after the next run that went well."""
    failed_at = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    """In a row."""

    wall = plumbing_wall(("staff", "select"), ("sweep", "select, delete"))

    class Meta:
        db_table = "loop_heartbeat"


database_size = lookup_function(
    LookupFunction(
        "database_size()",
        "bigint",
        "SELECT pg_database_size(current_database())",
        granted_to=("app", "staff"),
    )
)
"""In bytes. Asking needs the right to connect, which the roles of scopes do not have."""
