"""schemathesis over each service's OpenAPI document, as served, with real tokens: no answer is a server error, and every answer is as
the document says. Most of the requests are about the things of a real case, so that they reach past the first lookup."""

import asyncio
import re
from functools import cache
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode, checks
from schemathesis.core.parameters import ParameterLocation

from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.finished import finished
from tests.api.journey import Journey
from tests.api.routes import ROUTES, UNKNOWN_TO_ORDER_109, Route

#: About what is there, and about what is not.
EXAMPLES = {True: 6, False: 2}
schemathesis.serializer.alias("application/pdf", "text/plain")
#: What ends by itself.
ANSWERED = [route for route in ROUTES if not route.streams]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def target(stack: Stack, http: httpx.AsyncClient, legal_time: LegalTime) -> Journey:
    """A case of an agency of its own: what is generated may well be accepted."""
    return await finished(stack, http, legal_time, agency=f"s-{uuid4().hex[:12]}")


@cache
def _document(url: str) -> Any:
    return schemathesis.openapi.from_url(f"{url}/openapi.json")


def _spoilt_in_headers(generated: schemathesis.Case) -> bool:
    """Such a header may have been replaced by a good one, and then the request is good."""
    part = generated.meta and generated.meta.components.get(ParameterLocation.HEADER)
    return part is not None and part.mode is GenerationMode.NEGATIVE


def _ask(case: Journey, route: Route, mode: GenerationMode, known: bool) -> int:
    """Generated requests to one operation, from a thread of its own; how many were answered with success."""
    operation = _document(case.stack.urls[route.service])[route.path][route.method]
    headers = {} if route.public else {"Authorization": case.headers(route.role)["authorization"]}
    fixed: dict[str, Any] = {"query": {"wait": 0}} if "wait" in route.query else {}
    if known:
        fixed["path_parameters"] = {name: case.ids[name] for name in re.findall(r"\{(\w+)\}", route.path)}
        if route.needs_version:
            headers["If-Match"] = "*"
        if route.public and "agency" in route.query:
            fixed["query"] = {"agency": case.agency}
    succeeded = 0

    @seed(109)
    @settings(max_examples=EXAMPLES[known], deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(generated=operation.as_strategy(generation_mode=mode, **fixed))
    def conform(generated: schemathesis.Case) -> None:
        nonlocal succeeded
        answer = generated.call(session=session, headers=headers | ({"Idempotency-Key": uuid4().hex} if route.method == "POST" else {}))
        refused_unread = answer.status_code == 413  # too large a body: whether it is as the schema says nobody asked
        any_bytes = route.public and route.takes_file  # there is no body that is none
        strict = not (refused_unread or any_bytes or _spoilt_in_headers(generated))
        generated.validate_response(answer, checks=[*CHECKS, checks.negative_data_rejection] if strict else CHECKS)
        succeeded += answer.status_code < 300

    with requests.Session() as session:
        conform()
    return succeeded


CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("route", ANSWERED, ids=str)
async def test_every_answer_is_as_the_document_says(target: Journey, route: Route, mode: GenerationMode) -> None:
    if "{" in route.path:
        await asyncio.to_thread(_ask, target, route, mode, known=False)
    if mode is GenerationMode.NEGATIVE and route.public and not (route.query or route.takes_body):
        return  # with a path that is right there is nothing to spoil
    succeeded = await asyncio.to_thread(_ask, target, route, mode, known=True)
    if route.method == "GET" and mode is GenerationMode.POSITIVE and route.path not in UNKNOWN_TO_ORDER_109:
        assert succeeded, "no generated read hit what is there"


async def test_after_all_this_the_services_are_well_and_the_case_reads_as_before(target: Journey) -> None:
    for route in ANSWERED:
        if route.method == "GET":
            answer = await target.http.get(
                target.url(route.service, route.path), params=route.taking(agency=target.agency), headers=target.headers(route.role)
            )
            assert answer.status_code == (409 if route.path in UNKNOWN_TO_ORDER_109 else 200), f"{route}: {answer.text}"
    await target.time.settle()
