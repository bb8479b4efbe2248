import json

from django.core.management import call_command
from django.test import Client

from mainstay.project.api import document
from tests.api.cast import routes

DOCUMENT = json.loads(document())


def test_the_committed_document_is_current() -> None:
    call_command("openapi", "--check")


def test_it_is_served_to_anybody(client: Client) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.json()) == (200, DOCUMENT)


def test_every_operation_is_in_it_with_its_errors() -> None:
    listed = {op["operationId"]: op for path in DOCUMENT["paths"].values() for op in path.values()}
    assert {*listed} == {route.name for route in routes()}
    for route in routes():
        operation = listed[route.name]
        always = {"400", "401", "403", "422", "429", "500", "503"}
        wanted = (
            always
            | ({"404"} if route.has_id else set())
            | (set() if route.is_safe else {"409", "413", "415"})
        )
        assert wanted <= {*operation["responses"]}, route.name
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert [*answer["content"]] == ["application/problem+json"]
        assert operation["security"]
        assert operation.get("description"), f"{route.name} needs a docstring"
        names = {parameter["name"] for parameter in operation["parameters"]}
        assert ("Idempotency-Key" in names) is not route.is_safe


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(DOCUMENT)
    used = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert used <= {*DOCUMENT["components"]["schemas"]}
