"""Fixtures of the database. pytest-django's own creation of a database is replaced."""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from mainstay.core.house.current import keep
from mainstay.project.addresses import database_settings
from mainstay.project.testing.cluster import Cluster, new_cluster
from mainstay.project.testing.resetting import Pristine
from mainstay.project.translations import compile_messages

_CLUSTER = pytest.StashKey[Cluster]()


def _cluster(config: pytest.Config) -> Cluster:
    """The run's cluster: a worker of xdist uses the controller's, else it starts at the first request."""
    if _CLUSTER not in config.stash:
        workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
        if workerinput is not None:
            config.stash[_CLUSTER] = Cluster(Path(workerinput["mainstay_cluster"]))
        else:
            cluster = new_cluster()
            config.add_cleanup(cluster.stop)  # before the start, which may be interrupted
            cluster.start()
            config.stash[_CLUSTER] = cluster
    return config.stash[_CLUSTER]


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        compile_messages()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: before a worker starts."""
    node.workerinput["mainstay_cluster"] = str(_cluster(node.config).home)


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    return _cluster(request.config)


@pytest.fixture(autouse=True)
def _untouched_house() -> None:
    keep({})


@pytest.fixture(scope="session")
def database_name(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[str]:
    """A database of this worker's own, a copy of the migrated template."""
    workerinput: dict[str, Any] = getattr(request.config, "workerinput", {})
    name = f"test_{workerinput.get('workerid', 'main')}"
    cluster.make_database(name)
    yield name
    cluster.drop_database(name)


@pytest.fixture(scope="session")
def database_address(request: pytest.FixtureRequest, database_name: str) -> Callable[[str], str]:
    """The worker's database for "app", "owner" or "postgres" (the superuser)."""
    cluster = _cluster(request.config)
    return lambda role: cluster.address(role, database_name)


@pytest.fixture(scope="session")
def django_db_setup(database_address: Callable[[str], str], django_db_blocker: Any) -> Iterator[None]:
    """Tests are connected as the application's login: no superuser, no owner."""
    settings.MAINSTAY_OWNER_DATABASE = database_settings(database_address("owner"))
    connections["default"].settings_dict.update(database_settings(database_address("app")))
    yield
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture(scope="session")
def live_database_address(
    request: pytest.FixtureRequest, database_name: str
) -> Iterator[Callable[[str], str]]:
    """A second database, in which `live_app` lives: its worker follows what is committed there, all the time,
    and would take the work out of the hands of tests that start processes of their own."""
    cluster, name = _cluster(request.config), f"{database_name}_live"
    cluster.make_database(name)
    yield lambda role: cluster.address(role, name)
    cluster.drop_database(name)


@pytest.fixture(scope="session")
def _pristine() -> Callable[[str], Pristine]:
    """The untouched state by address, read at its first use."""
    return functools.cache(Pristine)


@pytest.fixture
def _address(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Of the database that this test works in."""
    is_live = "live_app" in request.fixturenames
    address: Callable[[str], str] = request.getfixturevalue(
        "live_database_address" if is_live else "database_address"
    )
    return address


@pytest.fixture
def committed(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    _address: Callable[[str], str],
    _pristine: Callable[[str], Pristine],
) -> Iterator[None]:
    """Instead of `db`, for tests with several connections or processes: commits are real. Afterwards
    every table is as the migrations left it."""
    if request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        raise pytest.UsageError(f"{request.node.nodeid}: `committed` stands alone, without `db` or django_db")
    pristine = _pristine(_address("postgres"))
    usual = dict(connections["default"].settings_dict)
    with ExitStack() as stack:
        stack.callback(connections["default"].settings_dict.update, usual)
        stack.callback(pristine.restore)
        stack.enter_context(django_db_blocker.unblock())
        connections.close_all()
        connections["default"].settings_dict.update(database_settings(_address("app")))
        stack.callback(connections.close_all)
        yield


@pytest.fixture
def admin_connection(_address: Callable[[str], str]) -> Iterator[psycopg.Connection]:
    """The superuser, autocommit; sees nothing of what a `db` test has not committed."""
    with psycopg.connect(_address("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner_connection(database_address: Callable[[str], str]) -> Iterator[psycopg.Connection]:
    """The owner of the tables, autocommit."""
    with psycopg.connect(database_address("owner"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def app_connection(database_address: Callable[[str], str]) -> Iterator[psycopg.Connection]:
    """A second connection with the application's login, autocommit; for raw SQL against the wall."""
    with psycopg.connect(database_address("app"), autocommit=True) as connection:
        yield connection
