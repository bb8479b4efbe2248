"""When each schedule is due, and how its runs went."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from mainstay.core.schedules.rules import ACTIVE, RunState
from mainstay.core.wall.kinds import operator_wall
from mainstay.core.wall.models import Row, one_of


class ScheduleState(Row):
    """One row a schedule, made by the worker. What is empty is as shipped."""

    key = models.TextField(unique=True)
    timing = models.TextField(default="", blank=True)
    zone = models.TextField(default="", blank=True)
    is_enabled = models.BooleanField(default=True)
    next_at = models.DateTimeField(null=True)

    wall = operator_wall()

    class Meta:
        db_table = "schedule"
        indexes = [models.Index(fields=["next_at"], name="ix_schedule_next")]

    def __str__(self) -> str:
        return self.key


class ScheduleRun(Row):
    """One run for one due moment, through all of its attempts."""

    key = models.TextField()
    due_at = models.DateTimeField()
    asked_by = models.UUIDField(null=True)
    """The staff member who asked for it; empty: by the calendar."""
    state = models.TextField(default=RunState.QUEUED)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    """Of the last attempt."""
    finished_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    attempts = models.SmallIntegerField(default=0)
    is_missed = models.BooleanField(default=False)
    done_count = models.IntegerField(default=0)
    error = models.TextField(default="", blank=True)
    job_id = models.BigIntegerField(null=True)

    wall = operator_wall()

    class Meta:
        db_table = "schedule_run"
        constraints = [
            one_of("state", RunState, "ck_schedule_run_state"),
            # A due moment is run once, and one schedule runs once at a time.
            models.UniqueConstraint(fields=["key", "due_at"], name="uq_schedule_run_due"),
            models.UniqueConstraint(
                fields=["key"], condition=Q(state__in=[str(s) for s in ACTIVE]), name="uq_schedule_run_active"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.due_at:%Y-%m-%d %H:%M}"
