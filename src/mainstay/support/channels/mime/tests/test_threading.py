from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.support.channels.mime.parse import parse_mail
from mainstay.support.channels.mime.tests.make import encoded_word, mail
from mainstay.support.channels.mime.threading import (
    Claim,
    Decision,
    Evidence,
    Outcome,
    choose_thread,
    normalise_subject,
    thread_candidates,
)
from mainstay.support.channels.mime.tokens import (
    make_message_id,
    read_message_id,
    read_reply_token,
    reply_address,
)

BASE = "support@mainstay.example"
TICKETS = st.one_of(st.integers(1, 2**64 - 1), st.uuids())


@given(TICKETS, st.text(min_size=1), st.sampled_from([str.lower, str.upper, str.title, str]))
def test_a_reply_address_reads_back_in_any_case(ticket: int | UUID, secret: str, case: object) -> None:
    address = reply_address("s" + secret.encode("utf-8", "replace").decode(), BASE, ticket)
    local = address.split("@")[0]
    assert len(local) <= 64
    assert (
        read_reply_token(["old", "s" + secret.encode("utf-8", "replace").decode()], case(address)) == ticket
    )  # type: ignore[operator]
    assert read_reply_token(["other"], address) is None


@given(TICKETS, st.data())
def test_a_changed_token_is_none(ticket: int | UUID, data: st.DataObject) -> None:
    address = reply_address("secret", BASE, ticket)
    start, end = address.index("+") + 1, address.index("@")
    at = data.draw(st.integers(start, end - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567").filter(lambda c: c != address[at]))
    assert read_reply_token(["secret"], address[:at] + other + address[at + 1 :]) is None


@given(st.text(max_size=80))
def test_no_address_breaks_the_reading(local: str) -> None:
    assert read_reply_token(["secret"], f"support+{local}@mainstay.example") is None


@given(TICKETS)
def test_message_ids_read_back(ticket: int | UUID) -> None:
    made = make_message_id("reply", ticket, "d41x", "Mainstay.example")
    own = read_message_id(f"<{made}>", ["mainstay.example"])
    assert own is not None
    assert (own.kind, own.ticket, own.delivery) == ("reply", ticket, "d41x")
    assert read_message_id(made, ["globex.example"]) is None


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Re: Printer", "printer"),
        ("RE: AW: Fwd: Printer  on fire", "printer on fire"),
        ("Antw: RV: SV: VS: Odp: Printer", "printer"),
        ("Re[2]: Printer", "printer"),
        ("RE : Printer", "printer"),
        ("回复：Printer", "printer"),
        ("[EXTERNAL] Re: Printer", "printer"),
        ("Research: a question", "research: a question"),
        ("Re:", "re:"),
        ("", ""),
    ],
)
def test_bare_subjects(subject: str, bare: str) -> None:
    assert normalise_subject(subject) == bare


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("Re: [#1234] Printer", (1234,)),
        ("Re: [Ticket 77] x", (77,)),
        ("ticket #9 and #10", (9, 10)),
        ("Order 1234, invoice 99", ()),
        ("color #ff0033 and &#123;", ()),
        ("#1.5 percent", ()),
    ],
)
def test_numbers_in_subjects(subject: str, numbers: tuple[int, ...]) -> None:
    assert thread_candidates(parse_mail(mail(subject=subject)), ["s"]).subject_numbers == numbers


def test_candidates_come_from_the_whole_chain() -> None:
    own = make_message_id("reply", 7, "d1", "mainstay.example")
    parsed = parse_mail(
        mail(
            to=f"{encoded_word('Soporte')} <{reply_address('new', BASE, 7)}>",
            headers=f"In-Reply-To: <c@x>\r\nReferences: <a@x> <{own}> <c@x>",
        )
    )
    found = thread_candidates(parsed, ["new", "old"], ["mainstay.example"])
    assert found.tokens == (7,)
    assert found.message_ids == ("c@x", own, "a@x")
    assert [item.ticket for item in found.own_ids] == [7]


def claim(evidence: Evidence, ticket: int = 7) -> Claim[int]:
    return Claim(ticket, evidence, frozenset({"clara@acme.example"}), frozenset({"ana@acme.example"}))


TABLE = [
    # evidence, sender, verified, known, expected
    (Evidence.TOKEN, "Clara@acme.example", None, True, Outcome.JOIN),
    (Evidence.TOKEN, "clara@acme.example", False, True, Outcome.JOIN),
    (Evidence.TOKEN, "ana@acme.example", None, True, Outcome.JOIN),
    (Evidence.TOKEN, "ana@acme.example", False, True, Outcome.TRIAGE),
    (Evidence.TOKEN, "gus@globex.example", None, True, Outcome.NEW),
    (Evidence.TOKEN, "stranger@x.example", None, False, Outcome.TRIAGE),
    (Evidence.REFERENCE, "clara@acme.example", None, True, Outcome.JOIN),
    (Evidence.REFERENCE, "ana@acme.example", True, True, Outcome.JOIN),
    (Evidence.REFERENCE, "clara@acme.example", False, True, Outcome.TRIAGE),
    (Evidence.REFERENCE, "gus@globex.example", True, True, Outcome.NEW),
    (Evidence.REFERENCE, "stranger@x.example", True, False, Outcome.TRIAGE),
    (Evidence.SUBJECT, "clara@acme.example", None, True, Outcome.JOIN),
    (Evidence.SUBJECT, "clara@acme.example", False, True, Outcome.TRIAGE),
    (Evidence.SUBJECT, "ana@acme.example", True, True, Outcome.NEW),
    (Evidence.SUBJECT, "gus@globex.example", True, True, Outcome.NEW),
    (Evidence.SUBJECT, "stranger@x.example", None, False, Outcome.NEW),
    (Evidence.TOKEN, "", None, False, Outcome.TRIAGE),
]


@pytest.mark.parametrize(("evidence", "sender", "verified", "known", "outcome"), TABLE)
def test_who_may_join(
    evidence: Evidence, sender: str, verified: bool | None, known: bool, outcome: Outcome
) -> None:
    decision = choose_thread([claim(evidence)], sender, sender_verified=verified, sender_known=known)
    assert decision.outcome is outcome
    assert decision.ticket == (7 if outcome is Outcome.JOIN else None)
    assert decision.claimed == (() if outcome is Outcome.JOIN else (7,))


def test_the_strongest_evidence_that_may_join_wins() -> None:
    weak, strong = claim(Evidence.SUBJECT, 1), claim(Evidence.TOKEN, 2)
    decision = choose_thread([weak, strong], "clara@acme.example", sender_verified=None, sender_known=True)
    assert (decision.ticket, decision.evidence) == (2, Evidence.TOKEN)
    assert choose_thread([], "clara@acme.example", sender_verified=None, sender_known=True) == Decision(
        Outcome.NEW
    )


def test_an_operator_may_ask_for_proof_of_the_sender() -> None:
    decision = choose_thread(
        [claim(Evidence.SUBJECT)],
        "clara@acme.example",
        sender_verified=None,
        sender_known=True,
        subject_needs_verified=True,
    )
    assert decision.outcome is Outcome.NEW


@given(st.sampled_from(Evidence), st.sampled_from([True, False, None]), st.booleans())
def test_an_outsider_never_joins(evidence: Evidence, verified: bool | None, known: bool) -> None:
    decision = choose_thread(
        [claim(evidence)], "gus@globex.example", sender_verified=verified, sender_known=known
    )
    assert decision.outcome is not Outcome.JOIN
