"""Sealing of secrets: what is sealed can be opened by the right key alone, and shows nowhere by itself."""

from __future__ import annotations

import pickle
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, models
from django.forms import model_to_dict
from hypothesis import given
from hypothesis import strategies as st

from mainstay.core import secrets
from mainstay.core.secrets import CannotUnseal, Sealed, SealedField, is_current, seal, unseal

FORMER = "the key that was in use before this one"
TEXT = st.text(st.characters(codec="utf-8"), max_size=300)


class Vault(models.Model):
    """A table for these tests alone."""

    name = models.TextField()
    secret = SealedField()
    spare = SealedField(null=True)

    class Meta:
        app_label = "events"
        db_table = "test_vault"
        managed = False


@given(TEXT)
def test_what_was_sealed_comes_back(plain: str) -> None:
    sealed = seal(plain)
    assert unseal(sealed) == plain
    assert is_current(sealed)
    assert sealed != seal(plain)  # equal secrets do not look equal


@given(st.text(st.characters(codec="utf-8"), min_size=8), st.data())
def test_no_change_goes_unnoticed(plain: str, data: st.DataObject) -> None:
    version, key, text = seal(plain).split(".")
    raw = bytearray(urlsafe_b64decode(text))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    for changed in (
        f"{version}.{key}.{urlsafe_b64encode(bytes(raw)).decode()}",
        f"{version}.{key}.{text[:10]}",
        f"v2.{key}.{text}",
        plain.replace(".", ""),
    ):
        with pytest.raises(CannotUnseal):
            unseal(changed)


def test_a_former_key_opens_what_it_sealed_and_another_says_what_to_do(settings) -> None:
    present = settings.SECRET_KEY
    settings.SECRET_KEY = FORMER
    sealed = seal("s3cret of Globex")
    settings.SECRET_KEY = present
    with pytest.raises(CannotUnseal, match="MAINSTAY_OLD_SECRET_KEYS") as found:
        unseal(sealed)
    assert "Globex" not in str(found.value)
    settings.MAINSTAY_OLD_SECRET_KEYS = ("something else entirely, also long", FORMER)
    assert unseal(sealed) == "s3cret of Globex"
    assert not is_current(sealed)


@pytest.fixture(scope="module")
def table(database_address: Callable[[str], str], django_db_setup: None) -> Iterator[None]:
    with psycopg.connect(database_address("owner"), autocommit=True) as owner:
        owner.execute(
            "CREATE TABLE test_vault "
            "(id bigserial PRIMARY KEY, name text NOT NULL, secret text NOT NULL, spare text)"
        )
        owner.execute("GRANT ALL ON test_vault, test_vault_id_seq TO mainstay_app")
        try:
            yield
        finally:
            owner.execute("DROP TABLE test_vault")


@pytest.fixture
def vault(table: None, db: None) -> None:
    """An empty one; what a test writes goes with its transaction."""


@pytest.mark.usefixtures("vault")
def test_the_field_is_plain_on_the_row_and_sealed_everywhere_else() -> None:
    made = Vault.objects.create(name="n8n", secret="open sesame")
    assert made.secret == "open sesame"
    row = Vault.objects.get()
    assert (row.secret, row.spare) == ("open sesame", None)
    [values] = Vault.objects.values("secret", "spare")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM test_vault")
        [at_rest] = cursor.fetchone()
    assert values["secret"] == at_rest == model_to_dict(row)["secret"]
    assert unseal(at_rest) == "open sesame"
    shown = f"{row!r} {row} {values} {row.__dict__} {row.__dict__!r} {model_to_dict(row)}"
    assert "sesame" not in shown
    assert b"sesame" not in pickle.dumps(row)
    assert repr(row.__dict__["secret"]) == "<sealed>"
    with pytest.raises(FieldError):
        Vault.objects.filter(secret="open sesame").exists()
    assert Vault.objects.filter(spare__isnull=True).exists()


@pytest.mark.usefixtures("vault")
def test_saving_another_column_leaves_the_secret_as_it_is() -> None:
    Vault.objects.create(name="n8n", secret="open sesame")
    row = Vault.objects.get()
    before = row.__dict__["secret"]
    row.name = "renamed"
    row.save()
    deferred = Vault.objects.defer("secret").get()
    assert deferred.__dict__.get("secret") is None
    assert deferred.secret == "open sesame"
    assert Vault.objects.values_list("secret", flat=True).get() == before
    Vault.objects.update(secret="another")
    row.refresh_from_db()
    assert row.secret == "another"
    row.secret = ""
    row.save()
    assert Vault.objects.get().secret == ""


@pytest.mark.usefixtures("vault")
def test_a_row_whose_key_is_lost_can_still_be_listed(settings) -> None:
    Vault.objects.create(name="n8n", secret="open sesame")
    settings.SECRET_KEY = FORMER
    row = Vault.objects.get()
    assert row.name == "n8n"
    with pytest.raises(CannotUnseal):
        _ = row.secret


@pytest.mark.usefixtures("vault")
def test_resealing_moves_every_secret_to_the_present_key(settings, monkeypatch, capsys) -> None:
    present = settings.SECRET_KEY
    settings.SECRET_KEY = FORMER
    Vault.objects.create(name="old", secret="one", spare="two")
    settings.SECRET_KEY = "a third key that nobody wrote down anywhere"
    Vault.objects.create(name="lost", secret="three")
    settings.SECRET_KEY = present
    Vault.objects.create(name="new", secret="four")
    settings.MAINSTAY_OLD_SECRET_KEYS = (FORMER,)
    fields = [f for f in Vault._meta.concrete_fields if isinstance(f, SealedField)]
    command = "mainstay.project.management.commands.reseal_secrets"
    monkeypatch.setattr(f"{command}.sealed_fields", lambda: [(Vault, fields)])
    monkeypatch.setattr(f"{command}._door", lambda model: connection.cursor())
    with pytest.raises(CommandError, match=r"test_vault.secret of "):
        call_command("reseal_secrets")
    assert "2 secrets" in capsys.readouterr().out
    settings.MAINSTAY_OLD_SECRET_KEYS = ()
    assert [(r.secret, r.spare) for r in Vault.objects.exclude(name="lost").order_by("id")] == [
        ("one", "two"),
        ("four", None),
    ]


def test_nothing_of_a_key_shows() -> None:
    key = secrets._current()
    assert "cipher" not in repr(key)
    assert str(Sealed("v1.x.y")) == "v1.x.y"
