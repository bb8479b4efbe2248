"""Doors' memory: how often somebody called, and which requests were answered already."""

from __future__ import annotations

from django.db import models

from mainstay.core.wall.kinds import plumbing_wall


class RateBucket(models.Model):
    """A token bucket. The table is UNLOGGED: losing it in a crash forgives everybody a minute."""

    key = models.TextField(primary_key=True)
    tokens = models.FloatField()
    filled_at = models.DateTimeField()

    wall = plumbing_wall()

    class Meta:
        db_table = "rate_bucket"


class IdempotencyKey(models.Model):
    """The answer given to a request that carried a key; written in the same transaction as its effect.

    Scopes may insert only: a second request with the same key fails on the constraint, is undone as a whole,
    and is then answered from the row.
    """

    id = models.BigAutoField(primary_key=True)
    owner = models.UUIDField()
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.SmallIntegerField()
    body = models.TextField()
    created_at = models.DateTimeField()

    wall = plumbing_wall(("tenant", "insert"), ("staff", "insert"))

    class Meta:
        db_table = "idempotency_key"
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="uq_idempotency_key")]
        indexes = [models.Index(fields=["created_at"], name="ix_idempotency_key_age")]
