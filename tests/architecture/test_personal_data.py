"""Every column that can hold words is one keeper's, or holds nothing about a person for a stated reason."""

from __future__ import annotations

from collections import Counter

from mainstay.people.privacy.labels import FATES, KEEPERS
from mainstay.people.privacy.ports import keepers
from mainstay.people.privacy.rules import Fate
from mainstay.project.options import CHECKOUT
from mainstay.project.personal_data import held_to_be_nothing, privacy_page, text_columns


def test_every_column_is_decided_once() -> None:
    columns = text_columns()
    kept = Counter(column for keeper in keepers() for column in keeper.columns)
    reasons = held_to_be_nothing(columns)
    assert {column for column in columns if column not in kept and column not in reasons} == set(), (
        "undecided"
    )
    twice = {c for c, count in kept.items() if count > 1} | {c for c, why in reasons.items() if len(why) > 1}
    assert twice | (set(kept) & set(reasons)) == set(), "decided twice"
    assert (set(kept) | set(reasons)) - columns == set(), "there is no such column"


def test_every_keeper_and_fate_has_words() -> None:
    assert {keeper.name for keeper in keepers()} == set(KEEPERS)
    assert set(Fate) == set(FATES)


def test_the_documentation_is_up_to_date() -> None:
    """./run manage privacy_reference"""
    assert (CHECKOUT / "docs" / "privacy.md").read_text(encoding="utf-8") == privacy_page()
