"""CHN-1: copies of one mail that are taken in at the same moment are one; none is put off for it."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import make_world
from mainstay.support.channels.actions.intake import take_in_due
from mainstay.support.channels.models import InboundMail
from mainstay.support.channels.rules import MailState
from mainstay.support.channels.tests.make import NOW, keep, raw_mail, save_in_memory

COPIES = 4


@pytest.mark.parametrize(
    ("sender", "becomes"), [("ana@acme.example", MailState.TICKETED), ("new@else.example", MailState.TRIAGE)]
)
def test_copies_taken_in_at_the_same_moment(committed: None, sender: str, becomes: MailState) -> None:
    make_world()
    for _ in range(COPIES):
        keep(raw_mail(sender))
    together = Barrier(COPIES)

    def worker() -> None:
        try:
            together.wait(timeout=20)
            take_in_due(save_in_memory, NOW, 1)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(COPIES) as pool:
        for done in [pool.submit(worker) for _ in range(COPIES)]:
            done.result(timeout=30)
    with sweep("take_in_mail"):
        states = Counter(InboundMail.objects.values_list("state", "error"))
    assert states == {(becomes, ""): 1, (MailState.DUPLICATE, ""): COPIES - 1}
