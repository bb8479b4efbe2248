import socket

import pytest

from mainstay.project.options import load
from mainstay.project.supervisor.budget import budget
from mainstay.project.supervisor.probes import answers_http, answers_smtp, check_free
from mainstay.project.supervisor.spawning import SetupError
from mainstay.project.testing.live_app import free_addresses


def test_the_budget_adds_up_and_is_said() -> None:
    needed = budget(
        load(
            {
                "MAINSTAY_ENV_FILE": "/dev/null",
                "MAINSTAY_WEB_PROCESSES": "3",
                "MAINSTAY_WEB_THREADS": "5",
                "MAINSTAY_WORKER_CONCURRENCY": "2",
            }
        )
    )
    assert needed.total == 3 * 5 + (2 + 16 + 5) + 3 + 4 + 5
    assert needed.embedded_limit > needed.total
    assert needed.sentence(50) == (
        "database connections: web 3 × 5 = 15, worker 2 + 16 + 5 = 23, live 3, smtp 4, maintenance 5; together 50 of 50"
    )


def test_a_taken_port_is_told_from_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = ("127.0.0.1", server.getsockname()[1])
        with pytest.raises(SetupError, match="set MAINSTAY_WEB_LISTEN to another address"):
            check_free(taken, setting="MAINSTAY_WEB_LISTEN")
    check_free(taken, setting="MAINSTAY_WEB_LISTEN")


def test_nobody_listening_is_no_answer() -> None:
    (address,) = free_addresses(1)
    assert not answers_http(address, host_name="x")()
    assert not answers_smtp(address)()
