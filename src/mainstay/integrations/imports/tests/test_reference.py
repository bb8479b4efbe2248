"""The written reference and the command."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mainstay.integrations.imports.reference import imports_page
from mainstay.people.tenants.models import Member
from mainstay.people.tenants.tests.make import builders_scope, make_world
from mainstay.project.options import CHECKOUT


def test_the_documentation_is_up_to_date() -> None:
    """./run manage imports_reference"""
    assert (CHECKOUT / "docs" / "imports.md").read_text(encoding="utf-8") == imports_page()


@pytest.mark.django_db
def test_the_command(tmp_path: Path) -> None:
    make_world()
    file = tmp_path / "people.csv"

    def run(*more: str, who: str = "max@mainstay.example") -> str:
        out = StringIO()
        call_command("import_csv", "people", str(file), "--as", who, *more, stdout=out)
        return out.getvalue()

    file.write_text("customer,email\nacme,rosa@acme.example\nacme,nobody\n")
    with pytest.raises(CommandError):
        run()
    file.write_text("customer,email\nacme,rosa@acme.example\n")
    assert run("--dry-run") == "1 new, 0 changed, 0 unchanged, 0 wrong\n"
    with pytest.raises(CommandError):
        run(who="ari@mainstay.example")
    with pytest.raises(CommandError, match="no active member"):
        run(who="nobody@mainstay.example")
    with builders_scope():
        assert not Member.objects.filter(email="rosa@acme.example").exists()
    assert run().endswith("Imported.\n")
    with builders_scope():
        assert Member.objects.filter(email="rosa@acme.example").exists()
    file.write_bytes(b"PK\x03\x04")
    with pytest.raises(CommandError, match="Excel"):
        run()
