"""The certificate of a whole case, from the application to the sheet that anybody drops on the verification page."""

import io
from collections.abc import AsyncIterator

import httpx
import nats
import pikepdf
import pytest
from temporalio.client import Client

from chassis.auth import Role
from cli.skipping import LegalTime
from cli.supervisor import Stack
from tests.api.journey import SERVICES, Journey
from tests.waiting import eventually

ORDER_109 = "kz-109-2008-accreditation"
LETTERHEAD = {
    "names": {"kk": "Сапа агенттігі", "ru": "Агентство качества", "en": "The Quality Agency", "ky": "Сапат агенттиги"},
    "addresses": {"kk": "Алматы", "ru": "Алматы", "en": "Almaty", "ky": "Алматы"},
    "signatory_posts": {"kk": "Директор", "ru": "Директор", "en": "Director", "ky": "Директор"},
    "signatory_id": "director",
    "signatory_name": "Aigul A.",
}


@pytest.fixture
async def case(stack: Stack, agency: str) -> AsyncIterator[Journey]:
    """A certified case of an agency of its own."""
    client = await Client.connect(stack.urls["temporal"])
    connection = await nats.connect(stack.urls["nats"])
    async with httpx.AsyncClient(timeout=30) as http:
        time = LegalTime(client, connection.jetstream(), http, {name: stack.urls[name] for name in SERVICES})
        yield await Journey(stack, http, time, agency=agency).to("certified")
    await connection.close()


@pytest.mark.clause(ORDER_109, "9.10", "20", "23", "24")
async def test_the_sheet_of_a_case_is_verified_by_its_number_its_bytes_and_its_credential(case: Journey) -> None:
    path = "/v1/certificates/{certificate_id}"
    detail = (await case.get(Role.coordinator, "council", path)).json()
    document = await case.get(Role.institution_officer, "council", f"{path}/pdf?language=kk")
    assert (document.status_code, document.headers["content-type"]) == (200, "application/pdf"), document.text
    assert document.headers["content-disposition"].startswith("inline; filename=")
    with pikepdf.open(io.BytesIO(document.content)) as pdf:
        assert pdf.open_metadata().pdfa_status == "2B"
    about = f"{case.stack.urls['council']}/v1/verification/{case.agency}"
    told = (await case.http.get(f"{about}/{detail['number']}")).json()
    assert (told["state"], told["certificate_id"]) == ("valid", case.ids["certificate_id"])
    assert told["institution_names"]
    assert told["decided_on"]
    assert {"CertificateIssued", "RegisterEntryMade"} <= {each["type"] for each in told["history"]}
    dropped = await case.http.post(f"{about}/document", content=document.content, headers={"content-type": "application/pdf"})
    assert (dropped.json()["verdict"], dropped.json()["certificate"]["state"]) == ("genuine", "valid"), dropped.text
    credential = await case.get(Role.institution_officer, "council", f"{path}/credential")
    assert credential.headers["content-type"] == "application/vc+jwt"
    assert (await case.http.get(f"{about}/keys")).json()["keys"][0]["kid"]
    assert (await case.http.get(f"{about}/status/revocation/1")).status_code == 200

    answer = await case.http.post(
        f"{case.stack.urls['notices']}/v1/letterhead", json=LETTERHEAD, headers=case.headers(Role.director, version=0)
    )
    assert answer.status_code in (200, 201), answer.text

    async def named() -> bool:
        return bool((await case.http.get(f"{about}/{detail['number']}")).json()["agency_names"] == LETTERHEAD["names"])

    await eventually(named, "the agency as it heads its letters", 30)
