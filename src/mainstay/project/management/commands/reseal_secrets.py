"""Seal every secret in the database anew with the present MAINSTAY_SECRET_KEY."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction

from mainstay.core.secrets import CannotUnseal, SealedField, is_current, seal, sealed_fields, unseal
from mainstay.core.wall.kinds import Kind, wall_of
from mainstay.core.wall.scope import sweep
from mainstay.people.access.factors.resealing import reseal_factors

_BATCH: Final = 200


class Command(BaseCommand):
    help = (
        "Seal every secret in the database anew with the present MAINSTAY_SECRET_KEY. Run it after a change of the "
        "key, with the former one in MAINSTAY_OLD_SECRET_KEYS; then that one may go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        resealed, lost = 0, []
        for model, fields in sealed_fields():
            done, failed = _reseal(model, fields)
            resealed += done
            lost += failed
        done, failed = reseal_factors()
        resealed += done
        lost += failed
        self.stdout.write(f"{resealed} secrets sealed anew.")
        if lost:
            raise CommandError(
                "No key opens these; name the key they were sealed with in MAINSTAY_OLD_SECRET_KEYS, or enter them "
                "again:\n" + "\n".join(lost)
            )


def _reseal(model: type[models.Model], fields: list[SealedField]) -> tuple[int, list[str]]:
    done, lost, last = 0, list[str](), None
    while True:
        with _door(model):
            rows = model._default_manager.select_for_update(of=("self",)).order_by("pk")
            if last is not None:
                rows = rows.filter(pk__gt=last)
            batch = list(rows.values("pk", *(f.attname for f in fields))[:_BATCH])
            for row in batch:
                for field in fields:
                    before = row[field.attname]
                    if not before or is_current(before):
                        continue
                    try:
                        after = seal(unseal(before))
                    except CannotUnseal:
                        lost.append(f"  {model._meta.db_table}.{field.column} of {row['pk']}")
                        continue
                    _write(model, row["pk"], field, after)
                    done += 1
        if len(batch) < _BATCH:
            return done, lost
        last = batch[-1]["pk"]


def _write(model: type[models.Model], pk: Any, field: SealedField, sealed: str) -> None:
    model._default_manager.filter(pk=pk).update(**{field.attname: models.Value(sealed)})


def _door(model: type[models.Model]) -> AbstractContextManager[Any]:
    wall = wall_of(model)
    if wall is not None and wall.kind is Kind.PLUMBING:
        return transaction.atomic()
    return sweep("reseal_secrets")
