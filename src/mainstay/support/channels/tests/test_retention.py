from __future__ import annotations

from datetime import timedelta

import pytest

from mainstay.core.errors import Conflict
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import acting_as, make_world
from mainstay.support.channels.actions.retention import forget_raw_mail
from mainstay.support.channels.actions.triage import assign_mail, discard_mail
from mainstay.support.channels.models import InboundMail, RawMail
from mainstay.support.channels.tests.make import NOW, keep, raw_mail, receive

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=31)


def test_old_raw_mail_goes_and_its_row_stays() -> None:
    world = make_world()
    old = receive(raw_mail())
    waits = receive(raw_mail("new@elsewhere.example", body="who am I?"))
    new = receive(raw_mail(body="later", subject="later"), at=NOW + timedelta(days=2))
    arrived = keep(raw_mail(body="not looked at"))
    assert forget_raw_mail(at=LATER, keep_days=0) == 0
    assert forget_raw_mail(at=LATER, keep_days=30) == 1
    with sweep("retention"):
        assert set(RawMail.objects.values_list("id", flat=True)) == {waits.id, new.id, arrived}
        assert InboundMail.objects.filter(id=old.id).exists()
    with acting_as(world.ari) as ari:
        discard_mail(ari, waits.id, at=NOW)
    assert forget_raw_mail(at=LATER, keep_days=30) == 1
    with acting_as(world.ari) as ari, pytest.raises(Conflict, match="no longer kept"):
        assign_mail(ari, waits.id, world.acme.id, at=LATER)


def test_more_than_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mainstay.support.channels.actions.retention._BATCH", 2)
    make_world()
    for number in range(5):
        receive(raw_mail(body=f"{number}", subject=f"{number}"))
    assert forget_raw_mail(at=LATER, keep_days=30) == 5
