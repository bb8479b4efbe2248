"""What was set on the page. A key without a row, or with an empty value, is as shipped."""

from __future__ import annotations

from django.db import models

from mainstay.core.wall.functions import LookupFunction, lookup_function
from mainstay.core.wall.kinds import shared_wall
from mainstay.core.wall.models import Row


class HouseSetting(Row):
    key = models.TextField(unique=True)
    value = models.TextField(null=True)
    previous = models.TextField(null=True)
    """What undoing brings back."""
    changed_at = models.DateTimeField()
    changed_by = models.UUIDField(null=True)

    wall = shared_wall(tenant_columns=("id", "key", "value"))

    class Meta:
        db_table = "house_setting"

    def __str__(self) -> str:
        return self.key


# Also for the doors role: sign-in pages and error pages show the operator's name.
house_values = lookup_function(
    LookupFunction(
        "house_values()",
        "TABLE (key text, value text)",
        "SELECT s.key, s.value FROM house_setting s WHERE s.value IS NOT NULL",
        granted_to=("app", "tenant", "staff", "job", "sweep"),
    )
)
