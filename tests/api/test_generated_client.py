"""A portal that was written against nothing but the published OpenAPI document: its client is generated, and used on the real stack."""

import importlib
import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from chassis.auth import Role
from cli.published import document
from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.journey import Journey, new_key

PACKAGE = "kepil_client"

#: What the generator cannot send, or not read: what is a file.
FILES = {
    "POST /v1/documents",
    "POST /v1/controls/{control_id}/learners/file",
    "POST /v1/controls/{control_id}/results/file",
    "POST /v1/certificates/imports",
    "POST /v1/attestation-subjects/imports",
    "POST /v1/verification/{agency}/document",
    "GET /v1/certificates/{certificate_id}/pdf",
    "GET /v1/certificates/{certificate_id}/credential",
    "GET /v1/verification/{agency}/status/{purpose}/{status_list}",
    "GET /v1/letters/{letter_id}/pdf",
}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The client as a package that can be imported; all but files is in it."""
    folder = tmp_path_factory.mktemp("client")
    source = folder / "openapi.json"
    source.write_text(json.dumps(document("openapi")), encoding="utf-8")
    told = ConfigFile(package_name_override=PACKAGE, post_hooks=[], literal_enums=True)
    config = Config.from_sources(told, MetaType.NONE, source, "utf-8", overwrite=True, output_path=folder / PACKAGE)
    faults = generate(config=config)
    assert {fault.header.split(" within ")[0].removeprefix("WARNING parsing ") for fault in faults if fault.header} == FILES
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(PACKAGE)
    finally:
        sys.path.remove(str(folder))
        for name in [each for each in sys.modules if each.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


def operation(service: str, name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.api.{service}.{name}")


def model(name: str) -> Any:
    return getattr(importlib.import_module(f"{PACKAGE}.models"), name)


@pytest.mark.usefixtures("generated")
async def test_a_portal_works_with_a_client_that_was_generated_from_the_document(
    generated: Any, stack: Stack, http: httpx.AsyncClient, legal_time: LegalTime
) -> None:
    journey = await Journey(stack, http, legal_time, f"g-{uuid4().hex[:12]}").to("prepared")

    def client(service: str, role: Role) -> Any:
        token = journey.token(journey.actor(role), ttl=timedelta(hours=1))
        return generated.AuthenticatedClient(base_url=stack.urls[service], token=token, timeout=httpx.Timeout(30))

    portal, agency = client("intake", Role.institution_officer), client("intake", Role.coordinator)

    application = model("NewApplication").from_dict(journey.application())
    key = new_key()
    filed = await operation("intake", "file_application").asyncio(client=portal, body=application, idempotency_key=key)
    again = await operation("intake", "file_application").asyncio(client=portal, body=application, idempotency_key=key)
    assert filed.id == again.id

    there = await operation("intake", "read_application").asyncio_detailed(case_id=filed.id, client=portal)
    assert (there.parsed.stage, there.parsed.institution_id) == ("filed", journey.institution)

    registration = model("Registration").from_dict({"number": "1-2026"})
    stale = await operation("intake", "register_application").asyncio(
        case_id=filed.id, client=agency, body=registration, idempotency_key=new_key(), if_match='"99"'
    )
    assert isinstance(stale, model("Problem"))
    assert (stale.status, stale.type_) == (412, "urn:kepil:problem:version-conflict")
    registered = await operation("intake", "register_application").asyncio_detailed(
        case_id=filed.id, client=agency, body=registration, idempotency_key=new_key(), if_match=there.headers["etag"]
    )
    assert registered.status_code == 200

    page = await operation("intake", "list_applications").asyncio(client=portal, institution_id=journey.institution)
    assert [(item.case_id, item.stage) for item in page.items] == [(filed.id, "registered")]
    register = await operation("council", "read_register").asyncio(client=client("council", Role.auditor), agency=journey.agency)
    assert register.items == []
