import stat
from pathlib import Path

import pytest

from mainstay.project.addresses import database_settings, mail_settings
from mainstay.project.kept import keep_addresses, kept_addresses, kept_secret
from mainstay.project.options import SETTINGS, OptionsError, load
from mainstay.project.parsing import nearest, read_env_file
from mainstay.project.reference import stale_files

NO_FILE = {"MAINSTAY_ENV_FILE": "/dev/null"}


def problems_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(OptionsError) as caught:
        load({**NO_FILE, **environ})
    return caught.value.problems


def test_defaults_stand_alone() -> None:
    loaded = load(NO_FILE)
    assert loaded.url == "http://127.0.0.1:8000"
    assert loaded.house.languages == ("en", "es")
    assert loaded.smtp_listen == ("127.0.0.1", 2525)
    assert not loaded.demo
    assert loaded.data_dir.is_absolute()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MAINSTAY_URL", "support.example.com", "must begin with http:// or https://"),
        ("MAINSTAY_URL", "https://a.example/path", "only scheme, host and port"),
        ("MAINSTAY_URL", "http://a.example:99999", "is no valid address"),
        ("MAINSTAY_DEMO", "perhaps", "neither yes nor no"),
        ("MAINSTAY_ZONE", "Europe/Madrit", "did you mean Europe/Madrid?"),
        ("MAINSTAY_CURRENCY", "euro", "ISO 4217"),
        ("MAINSTAY_LANGUAGES", "en,fr", "out of en, es"),
        ("MAINSTAY_MAIL_FROM", "support", "no mail address"),
        ("MAINSTAY_SMTP_LISTEN", "2525", "not host:port"),
        ("MAINSTAY_MAX_UPLOAD_MB", "-1", "whole number from 1 to 1024"),
        ("MAINSTAY_WEB_THREADS", "four", "whole number from 1 to 64"),
        ("MAINSTAY_SECRET_KEY", "short", "at least 32"),
        ("MAINSTAY_ROLE_PREFIX", "Main-Stay", "lower-case letters"),
        ("MAINSTAY_MAIL_URL", "imap://a", "must begin with smtp://"),
        ("MAINSTAY_STORAGE_URL", "file://relative", "absolute path"),
        ("DATABASE_URL", "postgresql://ana@db", "names no database"),
        ("DATABASE_URL", "mysql://ana@db/x", "must begin with postgresql://"),
    ],
)
def test_a_malformed_value_is_named(name: str, value: str, said: str) -> None:
    matching = [problem for problem in problems_of({name: value}) if problem.startswith(f"{name}:")]
    assert len(matching) == 1
    assert said in matching[0]


def test_passwords_are_not_repeated_in_messages() -> None:
    assert "hunter2" not in " ".join(problems_of({"DATABASE_URL": "mysql://ana:hunter2@db/x"}))


def test_all_problems_are_said_at_once() -> None:
    assert len(problems_of({"MAINSTAY_ZONE": "x", "MAINSTAY_CURRENCY": "x", "MAINSTAY_TYPO": "1"})) == 3


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    assert problems_of({"MAINSTAY_LIVE_ULR": "http://x"}) == [
        "MAINSTAY_LIVE_ULR: unknown setting in the environment; did you mean MAINSTAY_LIVE_URL?"
    ]
    assert nearest("QQQ", ["MAINSTAY_URL"]) == ""


def test_an_owner_without_the_applications_address_misses_something() -> None:
    address = "postgresql://ana:x@db/mainstay"
    assert "DATABASE_URL is missing" in problems_of({"DATABASE_OWNER_URL": address})[0]
    assert load({**NO_FILE, "DATABASE_URL": address}).database_owner_url == ""


def test_bucket_storage_needs_its_keys() -> None:
    assert "MAINSTAY_STORAGE_KEY" in problems_of({"MAINSTAY_STORAGE_URL": "s3://bucket"})[0]


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    assert load({**NO_FILE, "MAINSTAY_SECRET_KEY_FILE": str(tmp_path / "key")}).secret_key == "k" * 40
    assert "cannot be read" in problems_of({"MAINSTAY_SECRET_KEY_FILE": str(tmp_path / "none")})[0]
    both = {"MAINSTAY_SECRET_KEY_FILE": str(tmp_path / "key"), "MAINSTAY_SECRET_KEY": "x" * 40}
    assert "given twice" in problems_of(both)[0]
    assert "unknown setting" in problems_of({"MAINSTAY_URL_FILE": str(tmp_path / "key")})[0]


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    env_file = tmp_path / "settings"
    env_file.write_text("MAINSTAY_ZONE=Europe/Madrid\nMAINSTAY_CURRENCY=EUR\n")
    loaded = load({"MAINSTAY_ENV_FILE": str(env_file), "MAINSTAY_ZONE": "Asia/Tokyo"})
    assert (loaded.house.zone, loaded.house.currency) == ("Asia/Tokyo", "EUR")


def test_the_file_is_read_as_a_shell_would(tmp_path: Path) -> None:
    env_file = tmp_path / "settings"
    env_file.write_text(
        "# words\n\nexport A=1 # why\nB='two # 2'\nC=\"x y\"\nD=a#b\nE=\nbroken line\nF='x' y\n"
    )
    problems: list[str] = []
    assert read_env_file(env_file, problems) == {"A": "1", "B": "two # 2", "C": "x y", "D": "a#b", "E": ""}
    assert [problem.partition(", ")[2][:6] for problem in problems] == ["line 8", "line 9"]


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    env_file = tmp_path / "settings"
    env_file.write_text("DATABSE_URL=postgresql://a@b/c\n")
    with pytest.raises(OptionsError, match="did you mean DATABASE_URL"):
        load({"MAINSTAY_ENV_FILE": str(env_file)})


def test_a_kept_secret_is_made_once_and_private(tmp_path: Path) -> None:
    first = kept_secret(tmp_path / "data", "secret_key")
    assert len(first) >= 32
    assert kept_secret(tmp_path / "data", "secret_key") == first
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret_key"]


def test_an_empty_kept_secret_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    assert len(kept_secret(tmp_path, "secret_key")) >= 32


def test_addresses_are_kept_privately(tmp_path: Path) -> None:
    assert kept_addresses(tmp_path) == {}
    keep_addresses(tmp_path, "postgresql://a", "postgresql://b")
    assert kept_addresses(tmp_path) == {
        "database_url": "postgresql://a",
        "database_owner_url": "postgresql://b",
    }
    assert stat.S_IMODE((tmp_path / "database.json").stat().st_mode) == 0o600


def test_a_database_address_becomes_settings() -> None:
    entry = database_settings("postgresql://an%40a:p%2Fw@db.example:5433/main?sslmode=require")
    assert (entry["USER"], entry["PASSWORD"], entry["HOST"], entry["PORT"], entry["NAME"]) == (
        "an@a",
        "p/w",
        "db.example",
        "5433",
        "main",
    )
    assert entry["OPTIONS"] == {"prepare_threshold": 5, "sslmode": "require"}
    assert database_settings("postgresql://a@/n?host=/run/pg")["HOST"] == "/run/pg"


def test_mail_transports() -> None:
    smtp = mail_settings("smtp://ana:pw@mail.example")
    assert (smtp["EMAIL_PORT"], smtp["EMAIL_USE_TLS"], smtp["EMAIL_USE_SSL"]) == (587, True, False)
    assert mail_settings("smtp://127.0.0.1:25")["EMAIL_USE_TLS"] is False
    assert mail_settings("smtps://ana:pw@mail.example")["EMAIL_PORT"] == 465
    assert mail_settings("file:///tmp/out%20box")["EMAIL_FILE_PATH"] == "/tmp/out box"
    mailgun = mail_settings("anymail+mailgun://key-1@api?sender_domain=mg.example")
    assert mailgun["EMAIL_BACKEND"] == "anymail.backends.mailgun.EmailBackend"
    assert mailgun["ANYMAIL"] == {"MAILGUN_API_KEY": "key-1", "MAILGUN_SENDER_DOMAIN": "mg.example"}


def test_the_written_reference_follows_the_table() -> None:
    assert stale_files() == []
    assert all(setting.help.endswith((".", "`.")) for setting in SETTINGS.values())
