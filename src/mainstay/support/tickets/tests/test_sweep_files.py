import io
from datetime import timedelta

import pytest

from mainstay.core import clock
from mainstay.core.storage.files import open_stored, save
from mainstay.core.wall.scope import sweep
from mainstay.people.tenants.tests.make import acting_as, make_world
from mainstay.support.tickets.actions import store_file
from mainstay.support.tickets.actions.sweep_files import sweep_files
from mainstay.support.tickets.models import Attachment
from mainstay.support.tickets.tests.make import make_ticket


@pytest.mark.django_db
def test_only_what_belongs_to_nothing_goes() -> None:
    world, now = make_world(), clock.now()
    stored = {
        name: save(world.acme.id, name, io.BytesIO(name.encode())) for name in ("sent", "unsent", "lost")
    }
    with acting_as(world.ana) as actor:
        rows = {name: store_file(actor, world.acme.id, stored[name], at=now) for name in ("sent", "unsent")}
    make_ticket(world.ana, attachment_ids=(rows["sent"].id,))

    def left() -> set[str]:
        found = set()
        for name, file in stored.items():
            try:
                found.add(b"".join(open_stored(file.storage_key)).decode())
            except FileNotFoundError:
                assert name not in found
        return found

    sweep_files(now, 10_000)
    assert left() == {"sent", "unsent", "lost"}  # too young to tell
    sweep_files(now + timedelta(days=2), 10_000)
    assert left() == {"sent", "unsent"}
    sweep_files(now + timedelta(days=8), 10_000)
    assert left() == {"sent"}
    with sweep("demo"):
        assert [row.filename for row in Attachment.objects.all()] == ["sent"]
