from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connections
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.limits.actions import KEEP_ANSWERS, forget_old, keep_answer, spend
from mainstay.core.limits.models import IdempotencyKey, RateBucket
from mainstay.core.limits.queries import stored_answer
from mainstay.core.limits.rules import LIMITS, Limit, verdict

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.django_db
class TestSpending:
    def test_a_burst_and_then_the_rate(self) -> None:
        for left in (2, 1, 0):
            found = spend("k", rate=0.5, burst=3, at=NOON)
            assert (found.allowed, found.remaining) == (True, left)
        refused = spend("k", rate=0.5, burst=3, at=NOON)
        assert (refused.allowed, refused.remaining, refused.retry_after) == (False, 0, 2)
        assert not spend("k", rate=0.5, burst=3, at=NOON + timedelta(seconds=1.9)).allowed
        assert spend("k", rate=0.5, burst=3, at=NOON + timedelta(seconds=2)).allowed
        assert not spend("k", rate=0.5, burst=3, at=NOON + timedelta(seconds=2)).allowed

    def test_refusals_cost_nothing(self) -> None:
        spend("k", rate=1, burst=1, at=NOON)
        for tenth in range(10):
            assert not spend("k", rate=1, burst=1, at=NOON + timedelta(seconds=tenth / 10)).allowed
        assert spend("k", rate=1, burst=1, at=NOON + timedelta(seconds=1)).allowed

    def test_a_bucket_never_holds_more_than_its_burst(self) -> None:
        spend("k", rate=1, burst=5, at=NOON)
        assert spend("k", rate=1, burst=5, at=NOON + timedelta(days=30)).remaining == 4

    def test_keys_do_not_share(self) -> None:
        spend("a", rate=1, burst=1, at=NOON)
        assert spend("b", rate=1, burst=1, at=NOON).allowed

    def test_a_clock_that_goes_back_gives_nothing(self) -> None:
        spend("k", rate=1, burst=1, at=NOON)
        assert not spend("k", rate=1, burst=1, at=NOON - timedelta(hours=1)).allowed
        assert not spend("k", rate=1, burst=1, at=NOON + timedelta(seconds=0.5)).allowed

    def test_a_cost_of_several(self) -> None:
        assert spend("k", rate=1, burst=10, cost=8, at=NOON).remaining == 2
        refused = spend("k", rate=1, burst=10, cost=8, at=NOON)
        assert (refused.allowed, refused.remaining, refused.retry_after) == (False, 2, 6)

    @pytest.mark.parametrize(("rate", "burst", "cost"), [(1, 1, 2), (0, 1, 1), (1, 1, 0)])
    def test_what_cannot_be(self, rate: float, burst: int, cost: float) -> None:
        with pytest.raises(ValueError):
            spend("k", rate=rate, burst=burst, cost=cost, at=NOON)


def test_many_at_once_get_no_more_than_there_is(committed: None) -> None:
    def one(_n: int) -> bool:
        try:
            return spend("k", rate=0.001, burst=7, at=NOON).allowed
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(40))) == 7


@given(
    tokens=st.floats(0, 100),
    cost=st.floats(0.1, 100),
    rate=st.floats(0.01, 1000),
    burst=st.integers(100, 1000),
)
def test_the_headers_are_whole_and_honest(tokens: float, cost: float, rate: float, burst: int) -> None:
    limit = Limit(rate, burst)
    refused = verdict(allowed=False, tokens=min(tokens, cost), limit=limit, cost=cost)
    assert refused.retry_after >= 1
    assert refused.retry_after * rate + tokens >= cost - 1e-6 or tokens > cost
    passed = verdict(allowed=True, tokens=tokens, limit=limit, cost=cost)
    assert passed.retry_after == 0
    assert 0 <= passed.remaining <= tokens
    assert passed.full_after * rate >= burst - tokens - 1e-6


def test_every_limit_can_give_something() -> None:
    assert all(limit.rate > 0 and limit.burst >= 1 for limit in LIMITS.values())


@pytest.mark.django_db
class TestAnswers:
    def test_kept_and_found(self) -> None:
        owner = uuid4()
        keep_answer(owner, "k", "hash", 201, '{"é": 1}', at=NOON)
        found = stored_answer(owner, "k")
        assert found
        assert (found.request_hash, found.status, found.body) == ("hash", 201, '{"é": 1}')
        assert stored_answer(uuid4(), "k") is None
        assert stored_answer(owner, "l") is None

    def test_once(self) -> None:
        owner = uuid4()
        keep_answer(owner, "k", "hash", 201, "", at=NOON)
        with pytest.raises(IntegrityError, match="uq_idempotency_key"):
            keep_answer(owner, "k", "hash", 201, "", at=NOON)

    def test_old_ones_are_forgotten(self) -> None:
        owner, now = uuid4(), timezone.now()
        keep_answer(owner, "old", "", 201, "", at=now - KEEP_ANSWERS - timedelta(seconds=1))
        keep_answer(owner, "new", "", 201, "", at=now - KEEP_ANSWERS + timedelta(minutes=1))
        spend("idle", rate=1, burst=1, at=now - timedelta(days=2))
        spend("busy", rate=1, burst=1, at=now)
        assert forget_old(at=now) == 2
        assert [row.key for row in IdempotencyKey.objects.all()] == ["new"]
        assert [row.key for row in RateBucket.objects.all()] == ["busy"]
        assert forget_old(at=now) == 0
