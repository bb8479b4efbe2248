"""Every setting that Mainstay reads from its environment: one table, one loader. Those that the operator may also set
on a page stand in `core/house/rules/house.py`; given here, they are fixed.

A value comes from the process environment, else from `.env` in the checkout. For secrets, `NAME_FILE`
may name a file that holds the value. The reference in docs/settings.md and .env.example are written from
this table by `./run manage settings_reference`.
"""

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from mainstay.core.house.rules import DEFINITIONS, House, Unfit, house_of
from mainstay.project import parsing
from mainstay.project.kept import kept_addresses, kept_secret

CHECKOUT = parsing.CHECKOUT


class OptionsError(Exception):
    """One line for each setting that is missing, malformed or unknown."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Setting:
    name: str
    kind: str
    default: str
    help: str
    secret: bool
    parse: Callable[[str], Any]


def _setting(
    name: str, parse: Callable[[str], Any], default: str, help: str, *, secret: bool = False, kind: str = ""
) -> Any:
    kind = kind or parse.__name__.removeprefix("parse_").replace("_", " ")
    return field(metadata={"setting": Setting(name, kind, default, help, secret, parse)})


_whole = parsing.whole_number


@dataclass(frozen=True, kw_only=True)
class Options:
    database_url: str = _setting(
        "DATABASE_URL",
        parsing.parse_database_address,
        "",
        "PostgreSQL (15 or newer) for the application's login. Empty: the embedded server is used.",
        secret=True,
    )
    database_owner_url: str = _setting(
        "DATABASE_OWNER_URL",
        parsing.parse_database_address,
        "",
        "The same database for the owner's login; migrations use it. Needed with DATABASE_URL; serving "
        "processes do not get it.",
        secret=True,
    )
    secret_key: str = _setting(
        "MAINSTAY_SECRET_KEY",
        parsing.parse_key,
        "",
        "Signs sessions, links and reply addresses; at least 32 characters. Empty: made once and kept in "
        "the data directory (file `secret_key`).",
        secret=True,
    )
    old_secret_keys: tuple[str, ...] = _setting(
        "MAINSTAY_OLD_SECRET_KEYS",
        parsing.parse_keys,
        "",
        "Former values of MAINSTAY_SECRET_KEY, comma-separated: they open secrets in the database that they sealed, "
        "nothing else. After `./run manage reseal_secrets` none is needed any more.",
        secret=True,
    )
    env_file: str = _setting(
        "MAINSTAY_ENV_FILE",
        parsing.parse_text,
        ".env",
        "A file of NAME=value lines to read settings from, relative to the checkout. What the environment "
        "says counts more.",
    )
    url: str = _setting(
        "MAINSTAY_URL",
        parsing.parse_web_address,
        "http://127.0.0.1:8000",
        "The public address of the pages and the API, without a path.",
    )
    live_url: str = _setting(
        "MAINSTAY_LIVE_URL",
        parsing.parse_web_address_with_path,
        "http://127.0.0.1:8001",
        "The public address of the live stream; behind a proxy it may be a path of MAINSTAY_URL.",
    )
    web_listen: tuple[str, int] = _setting(
        "MAINSTAY_WEB_LISTEN", parsing.parse_host_and_port, "127.0.0.1:8000", "Where the web process listens."
    )
    live_listen: tuple[str, int] = _setting(
        "MAINSTAY_LIVE_LISTEN",
        parsing.parse_host_and_port,
        "127.0.0.1:8001",
        "Where the live stream listens.",
    )
    smtp_listen: tuple[str, int] = _setting(
        "MAINSTAY_SMTP_LISTEN",
        parsing.parse_host_and_port,
        "127.0.0.1:2525",
        "Where incoming mail is accepted (SMTP, behind your mail server).",
    )
    trusted_proxies: int = _setting(
        "MAINSTAY_TRUSTED_PROXIES",
        _whole(0, 10),
        "0",
        "How many reverse proxies stand in front and set X-Forwarded-For and X-Forwarded-Proto. "
        "0: these headers are ignored.",
    )
    data_dir: Path = _setting(  # noqa: RUF009 – makes a field, as the others do
        "MAINSTAY_DATA_DIR",
        parsing.parse_directory,
        "./var",
        "Where Mainstay keeps its files: stored attachments, generated secrets, outbox. Relative to the "
        "checkout.",
    )
    role_prefix: str = _setting(
        "MAINSTAY_ROLE_PREFIX",
        parsing.parse_role_prefix,
        "mainstay",
        "Beginning of the names of the database roles; roles are shared by all databases of a server.",
    )
    demo: bool = _setting(
        "MAINSTAY_DEMO", parsing.parse_switch, "no", "Demonstration mode; set by `./run demo`."
    )
    debug: bool = _setting(
        "MAINSTAY_DEBUG", parsing.parse_switch, "no", "Error pages with source code. Never in production."
    )
    mail_url: str = _setting(
        "MAINSTAY_MAIL_URL",
        parsing.parse_mail_transport,
        "",
        "How mail leaves: `smtp://user:password@host:587` (STARTTLS with a user, or by `?tls=yes|no`),"
        " `smtps://user:password@host:465`, `anymail+mailgun://key@api?sender_domain=…` (any backend of "
        "django-anymail; query names become its settings), or `file:///directory` (an outbox of files). "
        "Empty: the outbox in the data directory; nothing is sent.",
        secret=True,
    )
    storage_url: str = _setting(
        "MAINSTAY_STORAGE_URL",
        parsing.parse_storage,
        "",
        "Where attachments are stored: `file:///directory` or `s3://bucket/prefix?endpoint=https://…&region=…`."
        " Empty: `files` in the data directory.",
    )
    storage_key: str = _setting(
        "MAINSTAY_STORAGE_KEY", parsing.parse_text, "", "Access key for s3://.", secret=True
    )
    storage_secret: str = _setting(
        "MAINSTAY_STORAGE_SECRET", parsing.parse_text, "", "Secret access key for s3://.", secret=True
    )
    mail_verdicts_from: tuple[str, ...] = _setting(
        "MAINSTAY_MAIL_VERDICTS_FROM",
        parsing.parse_names,
        "",
        "Names (authserv-id) by which your mail server signs its Authentication-Results, comma-separated. "
        "Mail whose DMARC check failed there waits in triage. Empty: no verdict is believed.",
    )
    outgoing_private: tuple[str, ...] = _setting(
        "MAINSTAY_OUTGOING_PRIVATE",
        parsing.parse_hosts_and_networks,
        "",
        "Hosts, addresses and networks of your own that webhooks, monitors and integrations of the operator may "
        "reach although they are private, comma-separated (`n8n.internal,10.1.0.0/16`). Customers' never may.",
    )
    outgoing_ports: tuple[int, ...] = _setting(
        "MAINSTAY_OUTGOING_PORTS",
        parsing.parse_ports,
        "80,443,8080,8443",
        "Ports that they may reach on the internet, comma-separated.",
    )
    sso_private: tuple[str, ...] = _setting(
        "MAINSTAY_SSO_PRIVATE",
        parsing.parse_hosts_and_networks,
        "",
        "Hosts, addresses and networks at which identity providers (single sign-on), customers' too, may be although "
        "they are private, comma-separated. There, http:// will do.",
    )
    dns_servers: tuple[tuple[str, int], ...] = _setting(
        "MAINSTAY_DNS_SERVERS",
        parsing.parse_name_servers,
        "",
        "Name servers that are asked whether a mail domain is a customer's, comma-separated "
        "(`10.0.0.53,10.0.1.53:5353`). Empty: the system's.",
    )
    mailbox_plain_hosts: tuple[str, ...] = _setting(
        "MAINSTAY_MAILBOX_PLAIN_HOSTS",
        parsing.parse_names,
        "",
        "IMAP servers that may be asked without encryption, comma-separated; the machine itself always may.",
    )
    mailbox_idle_minutes: int = _setting(
        "MAINSTAY_MAILBOX_IDLE_MINUTES",
        _whole(1, 28),
        "4",
        "How long one wait for news from an IMAP server lasts before it is begun anew. Below what routers "
        "between here and there forget connections after.",
    )
    mailbox_poll_seconds: int = _setting(
        "MAINSTAY_MAILBOX_POLL_SECONDS",
        _whole(5, 3600),
        "60",
        "How often an IMAP server is asked that cannot tell news by itself (IDLE).",
    )
    mailbox_alert_minutes: int = _setting(
        "MAINSTAY_MAILBOX_ALERT_MINUTES",
        _whole(1, 1440),
        "15",
        "How long a mailbox may fail before the administrators are told.",
    )
    max_upload_mb: int = _setting(
        "MAINSTAY_MAX_UPLOAD_MB", _whole(1, 1024), "25", "Largest file that may be uploaded."
    )
    max_import_mb: int = _setting(
        "MAINSTAY_MAX_IMPORT_MB",
        _whole(1, 1024),
        "64",
        "Largest CSV file to import; 100,000 people take about 10 MB, as many messages of tickets 50 MB.",
    )
    max_mail_mb: int = _setting(
        "MAINSTAY_MAX_MAIL_MB", _whole(1, 256), "30", "Largest mail that is taken in."
    )
    web_processes: int = _setting(
        "MAINSTAY_WEB_PROCESSES", _whole(1, 64), "2", "Processes answering pages and the API."
    )
    web_threads: int = _setting(
        "MAINSTAY_WEB_THREADS", _whole(1, 64), "4", "Threads (and database connections) in each web process."
    )
    worker_concurrency: int = _setting(
        "MAINSTAY_WORKER_CONCURRENCY", _whole(1, 64), "4", "Jobs that run at the same time."
    )
    house_fixed: Mapping[str, str] = field(default_factory=dict)
    """Of the settings that the operator sets on a page (`core/house`), those given here: they hold."""
    house_defaults: Mapping[str, str] = field(default_factory=dict)
    """What counts instead of the shipped default."""

    @property
    def house(self) -> House:
        """As far as it is known without the database."""
        return house_of(self.house_defaults, self.house_fixed)


SETTINGS: dict[str, Setting] = {
    f.name: f.metadata["setting"] for f in fields(Options) if "setting" in f.metadata
}
"""Every setting of the environment alone, by the name of its field in Options."""


DEMO_DEFAULTS = {
    "operator_name": "Harbourline",
    "product_name": "Fieldbook",
    "mail_from": "support@harbourline.example",
    "zone": "Europe/Berlin",
}
"""An invented company, for `./run demo`."""


def given_names(environ: Mapping[str, str]) -> frozenset[str]:
    """Which settings the environment or its file gives."""
    env_file = CHECKOUT / environ.get("MAINSTAY_ENV_FILE", SETTINGS["env_file"].default)
    return frozenset(_given(environ, env_file, []))


def load(environ: Mapping[str, str]) -> Options:
    """Reads and checks every setting. Problems are collected and raised together as OptionsError."""
    problems: list[str] = []
    env_file = CHECKOUT / environ.get("MAINSTAY_ENV_FILE", SETTINGS["env_file"].default)
    given = _given(environ, env_file, problems)
    values: dict[str, Any] = {}
    is_demo = given.get("MAINSTAY_DEMO", "no").lower() in parsing.YES
    for attribute, setting in SETTINGS.items():
        try:
            values[attribute] = setting.parse(given.get(setting.name, setting.default))
        except ValueError as error:
            problems.append(f"{setting.name}: {error}")
    values["house_fixed"] = _house_of(given, problems)
    values["house_defaults"] = DEMO_DEFAULTS if is_demo else {}
    if values.get("database_owner_url") and not values.get("database_url", True):
        problems.append("DATABASE_URL is missing: DATABASE_OWNER_URL is given without it")
    if values.get("storage_url", "").startswith("s3:") and not (
        values.get("storage_key", True) and values.get("storage_secret", True)
    ):
        problems.append("MAINSTAY_STORAGE_KEY and MAINSTAY_STORAGE_SECRET are needed for s3:// storage")
    if problems:
        raise OptionsError(problems)
    return Options(**values)


def _house_of(given: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    fixed: dict[str, str] = {}
    for key, definition in DEFINITIONS.items():
        if definition.variable in given:
            fixed[key] = given[definition.variable]
            try:
                definition.kind.read(fixed[key])
            except Unfit as unfit:
                problems.append(f"{definition.variable}: {unfit}")
    return fixed


def _given(environ: Mapping[str, str], env_file: Path, problems: list[str]) -> dict[str, str]:
    names = {setting.name: setting.secret for setting in SETTINGS.values()}
    names |= {definition.variable: False for definition in DEFINITIONS.values()}
    accepted = {*names, *(f"{name}_FILE" for name, is_secret in names.items() if is_secret)}
    from_file: dict[str, str] = {}
    if env_file.is_file():
        from_file = parsing.read_env_file(env_file, problems)
    for name in from_file:
        if name not in accepted:
            problems.append(f"{name}: unknown setting in {env_file}{parsing.nearest(name, accepted)}")
    for name in environ:
        if name.startswith("MAINSTAY_") and name not in accepted:
            problems.append(f"{name}: unknown setting in the environment{parsing.nearest(name, accepted)}")
    given: dict[str, str] = {}
    # An environment variable beats the file, whichever of NAME and NAME_FILE each of them uses.
    for source in (from_file, environ):
        for name, is_secret in names.items():
            value = source.get(name, "").strip()
            secret_file = source.get(f"{name}_FILE", "").strip() if is_secret else ""
            if value and secret_file:
                problems.append(f"{name}: given twice, as {name} and as {name}_FILE")
            elif secret_file:
                given[name] = _read_secret(name, secret_file, problems)
            elif value:
                given[name] = value
    return given


def _read_secret(name: str, path: str, problems: list[str]) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{name}_FILE: {path} cannot be read ({error})")
        return ""


@functools.cache
def options() -> Options:
    """The options of this process. What may be generated is generated once and kept in the data directory;
    without DATABASE_URL, the addresses are those of the embedded server that was set up there."""
    loaded = load(os.environ)
    values = {f.name: getattr(loaded, f.name) for f in fields(loaded)}
    if not loaded.secret_key:
        values["secret_key"] = kept_secret(loaded.data_dir, "secret_key")
    if not loaded.database_url:
        values |= kept_addresses(loaded.data_dir)
    if not loaded.mail_url:
        values["mail_url"] = (loaded.data_dir / "outbox").as_uri()
    if not loaded.storage_url:
        values["storage_url"] = (loaded.data_dir / "files").as_uri()
    return Options(**values)
