"""Addresses of the database and of the mail transport as the settings that Django wants."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def database_settings(url: str) -> dict[str, Any]:
    """An entry of DATABASES. Names in the query go to libpq as they are (sslmode, sslrootcert …)."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "mainstay.core.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": query.pop("port", str(parts.port or "")),
        # Lets `core/prepared.py` prepare what it runs; Django's own cursors do not.
        "OPTIONS": {"prepare_threshold": 5, **query},
    }


def mail_settings(url: str) -> dict[str, Any]:
    """EMAIL_BACKEND and what belongs to it."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme == "file":
        return {
            "EMAIL_BACKEND": "mainstay.people.messages.post.EmlBackend",
            "EMAIL_FILE_PATH": unquote(parts.path),
        }
    if parts.scheme.startswith("anymail+"):
        vendor = parts.scheme.removeprefix("anymail+")
        anymail = {name.upper(): value for name, value in query.items()}
        if user:
            anymail[f"{vendor.upper()}_API_KEY"] = user
        return {
            "EMAIL_BACKEND": f"anymail.backends.{vendor}.EmailBackend",
            "ANYMAIL": {
                name if name.startswith(vendor.upper()) else f"{vendor.upper()}_{name}": value
                for name, value in anymail.items()
            },
        }
    implicit_tls = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or (465 if implicit_tls else 587 if user else 25),
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": password,
        "EMAIL_USE_SSL": implicit_tls,
        "EMAIL_USE_TLS": not implicit_tls and query.get("tls", "yes" if user else "no") == "yes",
        "EMAIL_TIMEOUT": 30,
    }
