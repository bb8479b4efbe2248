"""What every answer carries, and what an installation behind https adds to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/openapi.json", "/no-such-page"])
def test_every_answer_is_fenced_in(path: str) -> None:
    answer = Client().get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_behind_https_cookies_and_browsers_stay_there() -> None:
    wanted = {
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SECURE_HSTS_SECONDS": 31_536_000,
    }
    code = (
        "import json; from mainstay.project import settings as s; "
        f"print(json.dumps({{n: getattr(s, n) for n in {sorted(wanted)!r}}}))"
    )
    environ = {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MAINSTAY_", "DATABASE_"))
        },
        "MAINSTAY_ENV_FILE": os.devnull,
        "MAINSTAY_DATA_DIR": str(settings.DATA_DIR),
        "MAINSTAY_URL": "https://support.example.com",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "PYTHONPATH": str(settings.MAINSTAY_CHECKOUT / "src"),
    }
    told = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout.splitlines()[-1]) == wanted
