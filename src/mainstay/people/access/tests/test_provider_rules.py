"""What is believed of a provider, and who comes in by it, without network or database (PPL-7)."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core.actor import ActorKind, Role
from mainstay.people.access.proofs import Proof
from mainstay.people.access.providers.labels import FAULT_ADVICE, FAULT_WORDS
from mainstay.people.access.providers.rules import (
    GOOGLE,
    Asserted,
    Fault,
    KnownPerson,
    SsoFault,
    Step,
    challenge_of,
    check_claims,
    decide,
    is_txt_proof,
    issuer_fault,
    read_discovery,
    read_person,
    txt_value,
)
from mainstay.people.access.queries import Seat
from mainstay.people.tenants.rules import domain_of

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
ISSUER = "https://id.example"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
CLAIM_NAMES = ["iss", "aud", "azp", "exp", "iat", "nbf", "nonce", "sub"]


def good() -> dict[str, object]:
    at = NOW.timestamp()
    return {"iss": ISSUER, "aud": "us", "exp": at + 60, "iat": at, "nonce": "n", "sub": "1"}


def check(claims: dict[str, object]) -> None:
    check_claims(claims, issuer=ISSUER, client_id="us", nonce="n", now=NOW)


def test_good_claims_pass() -> None:
    check(good())


@given(st.sampled_from(CLAIM_NAMES), json_values)
def test_whatever_stands_in_a_claim_is_refused_by_name_or_means_the_same(name: str, value: object) -> None:
    """Never another kind of error, which would be a page without words."""
    claims = {**good(), name: value}
    try:
        check(claims)
    except SsoFault:
        return
    if name in ("iss", "nonce"):
        assert value == good()[name]
    if name == "aud":
        assert value == "us" or "us" in value
    if name == "exp":
        assert value > NOW.timestamp() - 60


@given(st.dictionaries(st.sampled_from(["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri",
       "userinfo_endpoint", "token_endpoint_auth_methods_supported", "id_token_signing_alg_values_supported"]),
       json_values))  # fmt: skip
def test_whatever_a_discovery_document_holds(said: dict[str, object]) -> None:
    document = {
        "issuer": ISSUER,
        **dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), f"{ISSUER}/x"),
        **said,
    }
    try:
        found = read_discovery(document, ISSUER, http_allowed=lambda _host: False)
    except SsoFault:
        return
    for address in (found.authorization, found.token, found.keys):
        assert address.startswith("https://")
    assert not {"none", "HS256"} & set(found.algorithms)


@given(st.text(max_size=60))
def test_an_issuer_is_an_https_address_or_refused(text: str) -> None:
    if not issuer_fault(text, http_allowed=lambda _host: False):
        assert text.lower().startswith("https://")
        assert not set(text) & set("?# \n\t")


def test_the_proof_key_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


people = st.none() | st.builds(
    KnownPerson,
    id=st.just(UUID(int=1)),
    role=st.sampled_from([Role.OWNER, Role.FIELD, Role.CLIENT, Role.CONTACT]),
    is_open=st.booleans(),
    is_linked=st.booleans(),
)
asserted = st.builds(
    Asserted,
    subject=st.just("1"),
    email=st.sampled_from(["", "a@ours.example", "a@theirs.example", "a@sub.ours.example", "@", "a@"]),
    is_email_verified=st.booleans(),
)


@given(asserted, people, people, st.booleans())
def test_who_comes_in(
    said: Asserted, linked: KnownPerson | None, by_email: KnownPerson | None, creates: bool
) -> None:
    found = decide(said, linked=linked, by_email=by_email, domains={"ours.example"}, creates=creates)
    if linked is not None:  # the subject alone counts
        assert found.step is (Step.ENTER if linked.is_open else Step.REFUSE)
        return
    if found.step in (Step.LINK, Step.CREATE):
        assert said.is_email_verified
        assert domain_of(said.email) == "ours.example"
    if found.step is Step.LINK:
        assert by_email is not None
        assert by_email.is_open
        assert not by_email.is_linked
        assert by_email.role not in (Role.OWNER, Role.CONTACT)
    if found.step is Step.CREATE:
        assert creates
    assert found.step is not Step.ENTER
    assert (found.fault is None) == (found.step is not Step.REFUSE)


def test_google_answers_for_its_own_organisations_only() -> None:
    said = {"sub": "1", "email": "a@ours.example", "email_verified": True}
    assert read_person(said, issuer=ISSUER).is_email_verified
    assert not read_person(said, issuer=GOOGLE).is_email_verified
    assert not read_person({**said, "hd": "theirs.example"}, issuer=GOOGLE).is_email_verified
    assert read_person({**said, "hd": "Ours.example"}, issuer=GOOGLE).is_email_verified


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_has_its_words(fault: Fault) -> None:
    assert FAULT_WORDS[fault]
    assert FAULT_ADVICE[fault]


def test_a_record_is_the_whole_text() -> None:
    assert is_txt_proof(["v=spf1 -all", f" {txt_value('abc')} "], "abc")
    assert not is_txt_proof([txt_value("abcd"), "abc", ""], "abc")


def seat(role: Role, *, required: bool, providers: tuple[int, ...] = ()) -> Seat:
    return Seat(
        ActorKind.MEMBER,
        UUID(int=9),
        UUID(int=8),
        roles=frozenset({role}),
        membership_id=UUID(int=7),
        sso_required=required,
        provider_ids=frozenset(UUID(int=n) for n in providers),
    )


@pytest.mark.parametrize(
    ("account", "by", "role", "required", "providers", "opens"),
    [
        (True, 0, Role.FIELD, False, (), True),
        (True, 0, Role.FIELD, True, (), False),
        (True, 0, Role.OWNER, True, (), True),
        (False, 0, Role.FIELD, False, (), False),
        (False, 5, Role.FIELD, True, (5,), True),
        (False, 5, Role.FIELD, False, (), False),  # switched off, or the link is gone
        (False, 5, Role.FIELD, False, (6,), False),  # another provider's word
        (False, 0, Role.OWNER, True, (5,), False),
    ],
)
def test_what_opens_a_seat(
    account: bool, by: int, role: Role, required: bool, providers: tuple[int, ...], opens: bool
) -> None:
    seats = {str(UUID(int=7)): str(UUID(int=by))} if by else {}
    assert (
        Proof(account=account, seats=seats).opens(seat(role, required=required, providers=providers)) is opens
    )
    # Never by what was proven about another seat.
    other = {str(UUID(int=1)): str(UUID(int=by))}
    if by:
        assert not Proof(account=False, seats=other).opens(seat(role, required=required, providers=providers))
