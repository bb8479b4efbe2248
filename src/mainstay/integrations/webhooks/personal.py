"""What a customer's own programs answered, and how it calls their addresses. What they were sent names nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial

from mainstay.core.storage.files import NewFile
from mainstay.integrations.webhooks.models import Delivery, Endpoint
from mainstay.people.privacy.ports import Erased, Look, Part, Person
from mainstay.people.privacy.rules import Fate, Wording
from mainstay.people.privacy.walking import Search, staged


class WebhookKeeper:
    name = "webhooks"
    columns: Mapping[str, Fate] = {
        "webhook_endpoint.description": Fate.REPLACED,
        "webhook_delivery.answer": Fate.REPLACED,
        "webhook_delivery.error": Fate.REPLACED,
    }

    def collect(self, person: Person) -> Iterable[Part]:
        return ()

    def erase(self, person: Person, wording: Wording, at: datetime, after: str) -> Erased:
        search, here = Search(person), {"tenant_id": person.tenant_id}
        return staged(
            after,
            [
                partial(search.walk, Endpoint.objects.filter(**here), ("description",)),
                partial(search.walk, Delivery.objects.filter(**here), ("answer", "error")),
            ],
        )

    def swap(self, person: Person, look: Look, instead: NewFile | None) -> bool:
        return False
