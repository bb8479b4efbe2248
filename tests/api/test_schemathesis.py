"""The document against the application: generated requests, right and wrong, for every operation."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from mainstay.project.api import document
from tests.api.cast import Things

schema = schemathesis.openapi.from_dict(json.loads(document()))
schema.app = get_wsgi_application()
# More, and others each time, by hand: API_EXAMPLES=1000 ./run test tests/api/test_schemathesis.py
EXAMPLES = int(os.environ.get("API_EXAMPLES", "10"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """As Django's own test client does: the end of a request must not close the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("key", ["acme_key", "staff_key"])
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 10,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_documented(case: Any, promises: None, things: Things, key: str) -> None:
    for name, value in list((case.path_parameters or {}).items()):
        known = {
            "ticket_id": things.ticket.id,
            "attachment_id": things.attachment.id,
            "person_id": things.world.ana.id,
        }
        if len(str(value)) == 36 and name in known:
            case.path_parameters[name] = str(known[name])  # a real one, wherever an id is well-formed
    checks = CHECKS
    if (
        case.media_type == "multipart/form-data"
    ):  # an empty field is not sent at all, yet taken for a wrong one
        checks = [check for check in CHECKS if check is not negative_data_rejection]
    case.call_and_validate(headers={"Authorization": f"Bearer {getattr(things, key)}"}, checks=checks)
