"""Telling the administrators. Later handlers: called with a batch of the operator's own events."""

from __future__ import annotations

from collections.abc import Sequence

from mainstay.core.events.types import Fact
from mainstay.operations.upkeep.notices import KEEPERS, SCHEDULE_FAILED, SCHEDULE_MISSED
from mainstay.people.messages.notices import News, NoticeKind, notify_many, staff_with_role


def tell_missed(facts: Sequence[Fact]) -> None:
    _tell(SCHEDULE_MISSED, facts, "due_at")


def tell_failed(facts: Sequence[Fact]) -> None:
    _tell(SCHEDULE_FAILED, facts, "attempts")


def _tell(kind: NoticeKind, facts: Sequence[Fact], detail: str) -> None:
    people = staff_with_role(KEEPERS)
    notify_many(
        News(
            people=people,
            kind=kind.key,
            subject=("schedule", fact.subject_id),
            params={"schedule": fact.data["key"], detail: str(fact.data[detail])},
            tenant_id=None,
            link=f"/desk/settings/schedules/{fact.data['key']}",
            cause=fact.n,
            at=fact.at,
        )
        for fact in facts
    )
