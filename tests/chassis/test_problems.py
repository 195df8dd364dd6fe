"""Problems as exceptions, as answers and as documentation."""

import pickle
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from chassis.problem_handlers import PROBLEM_RESPONSES, document_problems, install
from chassis.problems import (
    PROBLEM_TYPES,
    BodyTooLarge,
    Invalid,
    MethodNotAllowed,
    NotFound,
    Problem,
    Refused,
    Unauthenticated,
    Unavailable,
    VersionConflict,
)
from chassis.text import AgencyId, ShortText, Text, check_strings


class Member(BaseModel):
    name: ShortText


class Body(BaseModel):
    reason: Text
    members: list[Member] = []


def _app() -> FastAPI:
    app = FastAPI()
    install(app)
    document_problems(app)

    @app.post("/panels", responses=PROBLEM_RESPONSES)
    async def form(body: Body, limit: int = 1) -> dict[str, str]:
        return {"reason": body.reason}

    @app.get("/panels/{number}")
    async def read(number: int) -> int:
        return number

    @app.delete("/panels/{number}")
    async def remove(number: int) -> int:
        return number

    @app.get("/refused")
    async def refused() -> None:
        raise Refused("The panel has two members.", clause="14", rulebook="kz-109-2008", accepts="three to seven members", has=2)

    @app.get("/stale")
    async def stale() -> None:
        raise VersionConflict("It stands at 4.", current=4)

    @app.get("/unknown")
    async def unknown() -> None:
        raise Unauthenticated("The access token has expired.")

    @app.get("/down")
    async def down() -> None:
        raise Unavailable("Not now.", retry_after=7)

    @app.get("/crash")
    async def crash() -> None:
        raise RuntimeError("password=hunter2 of Айгуль")

    @app.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(418, "short and stout")

    return app


@pytest.fixture
def client() -> TestClient:
    return TestClient(_app(), raise_server_exceptions=False)


def test_a_refusal_tells_clause_rulebook_and_what_would_be_accepted(client: TestClient) -> None:
    answer = client.get("/refused")

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:kepil:problem:refused",
        "title": "A rule refuses this",
        "status": 409,
        "detail": "The panel has two members.",
        "instance": "/refused",
        "clause": "14",
        "rulebook": "kz-109-2008",
        "accepts": "three to seven members",
        "has": 2,
    }


@pytest.mark.parametrize("kind", PROBLEM_TYPES)
def test_a_problem_survives_pickling(kind: type[Problem]) -> None:
    made = kind("why", clause="9.1", more=[1]) if kind is Refused else kind("why", more=[1])

    copy = pickle.loads(pickle.dumps(made))

    assert type(copy) is kind
    assert (str(copy), copy.detail, copy.extensions, copy.more) == (str(made), "why", made.extensions, [1])
    assert copy.document() == made.document()


def test_an_extension_never_replaces_a_standard_member() -> None:
    assert NotFound("gone", status=200, type="evil").document()["status"] == 404
    assert NotFound("gone", status=200, type="evil").document()["type"] == "urn:kepil:problem:not-found"


def test_slugs_are_unique() -> None:
    assert len({kind.slug for kind in PROBLEM_TYPES}) == len(PROBLEM_TYPES)


def test_a_challenge_comes_with_401_and_a_time_with_503(client: TestClient) -> None:
    assert client.get("/unknown").headers["www-authenticate"] == 'Bearer realm="kepil", error="invalid_token"'
    assert client.get("/down").headers["retry-after"] == "7"
    assert client.get("/stale").json()["current"] == 4


def test_faults_are_told_by_pointer_and_without_the_input(client: TestClient) -> None:
    answer = client.post("/panels?limit=x", json={"reason": "ok", "members": [{"name": "a" * 501}, {}]})

    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:kepil:problem:invalid"
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"#/members/0/name", "#/members/1/name", "#/query/limit"}
    assert "aaa" not in answer.text


def test_control_characters_and_lone_surrogates_are_refused_everywhere(client: TestClient) -> None:
    for text in ("a\x00b", "a\x1bb", "a\x85b"):
        answer = client.post("/panels", json={"reason": text})
        assert answer.status_code == 422, text
        assert answer.json()["errors"][0]["detail"] == "Control characters are not allowed."
    answer = client.post("/panels", content=b'{"reason": "\\ud800"}', headers={"content-type": "application/json"})
    assert answer.status_code == 422


def test_new_lines_are_for_text_and_not_for_short_text(client: TestClient) -> None:
    assert client.post("/panels", json={"reason": " a\r\nb\tc "}).json() == {"reason": "a\nb\tc"}
    assert client.post("/panels", json={"reason": "a", "members": [{"name": "a\nb"}]}).status_code == 422


def test_every_alphabet_is_welcome() -> None:
    name = "Ыссык-Көл облусу, Қызылорда, Әл-Фараби №1 — «Үміт» 🎓"

    assert TypeAdapter(ShortText).validate_python(name) == name


@pytest.mark.parametrize("value", ["", "-a", "A", "a_b", "a" * 64, "a\n", "а"])
def test_an_agency_id_is_narrow(value: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(AgencyId).validate_python(value)


def test_parsed_json_is_searched_in_keys_and_values() -> None:
    check_strings({"a": ["fine\n", "Көл", 1, None, True]})
    with pytest.raises(Invalid) as refused:
        check_strings({"a": ["fine", {"b/c": "x\x00"}], "k\ud800": 1})
    assert [fault["pointer"] for fault in refused.value.extensions["errors"]] == ["#/a/1/b~1c", "#"]


def test_a_body_that_is_no_json_is_told_as_such(client: TestClient) -> None:
    answer = client.post("/panels", content=b"{", headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:kepil:problem:malformed-json")


def test_a_problem_raised_while_the_body_is_read_keeps_its_own_answer() -> None:
    app = _app()

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        async def too_much() -> Any:
            raise BodyTooLarge("At most 10 bytes.")

        await app(scope, too_much if scope["type"] == "http" else receive, send)

    answer = TestClient(wrapped).post("/panels", json={"reason": "a"})

    assert (answer.status_code, answer.json()["type"]) == (413, "urn:kepil:problem:body-too-large")


def test_what_nobody_expected_tells_nothing_of_itself(client: TestClient) -> None:
    answer = client.get("/crash")

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text


def test_frameworks_errors_are_problems_too(client: TestClient) -> None:
    assert client.get("/nowhere").json()["type"] == "urn:kepil:problem:not-found"
    wrong_method = client.delete("/panels")
    assert (wrong_method.status_code, wrong_method.headers["allow"]) == (405, "POST")
    assert wrong_method.json()["type"] == "urn:kepil:problem:method-not-allowed"
    assert client.get("/teapot").json()["detail"] == "short and stout"


def test_a_wrong_method_is_told_every_method_of_the_path(client: TestClient) -> None:
    answer = client.put("/panels/9")

    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.headers["allow"], answer.json()["instance"]) == ("DELETE, GET", "/panels/9")
    assert pickle.loads(pickle.dumps(MethodNotAllowed("Not so.", allow=["GET"]))).headers == {"Allow": "GET"}


def test_an_instance_is_a_valid_uri_whatever_the_path(client: TestClient) -> None:
    assert client.get("/а б").json()["instance"].isascii()


def test_openapi_tells_problems_and_nothing_of_fastapi() -> None:
    document = _app().openapi()

    schemas = document["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    assert "ValidationError" not in schemas
    assert schemas["Problem"]["properties"]["type"]["maxLength"] == 200
    answers = document["paths"]["/panels"]["post"]["responses"]
    for status in ("401", "409", "412", "422", "428", "500"):
        assert answers[status]["content"]["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert "HTTPValidationError" not in str(document)
    assert "urn:kepil:problem:version-conflict" in answers["412"]["description"]


def test_a_request_is_not_needed_for_an_answer() -> None:
    from chassis.problem_handlers import response_of

    assert response_of(NotFound("gone")).status_code == 404
    assert response_of(NotFound("lone \ud800")).status_code == 404


def test_a_problem_is_no_longer_than_its_document_says() -> None:
    told = Invalid("x" * 3_000, [{"pointer": "#/a", "detail": "y" * 900}] * 60, accepts="z" * 3_000).document()
    assert (len(told["detail"]), len(told["accepts"]), len(told["errors"])) == (2_000, 2_000, 50)
    assert {len(fault["detail"]) for fault in told["errors"]} == {500}
    assert told["detail"].endswith("…")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (asyncpg.TooManyConnectionsError("remaining connection slots are reserved"), 503),
        (asyncpg.AdminShutdownError("terminating connection"), 503),
        (ConnectionRefusedError("connect call failed"), 503),
        (DBAPIError("SELECT 1", None, Exception("gone"), connection_invalidated=True), 503),
        (DBAPIError("SELECT nothing", None, Exception("no such column")), 500),
    ],
)
def test_a_database_that_is_away_is_no_fault_of_the_service(error: Exception, status: int) -> None:
    app = _app()

    @app.get("/broken")
    def broken() -> None:
        raise error

    answer = TestClient(app, raise_server_exceptions=False).get("/broken")

    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "SELECT" not in answer.text
