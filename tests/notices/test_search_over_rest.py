"""The search: names in any language, numbers and ids, to those who may see what is found."""

from uuid import uuid4

import pytest

from tests.notices.house import COORDINATOR, OFFICER, House
from tests.notices.published import envelope, publish
from tests.waiting import eventually

NAMES = {
    "en": "Ala-Too Medical University",
    "ru": "Медицинский университет Ала-Тоо",
    "ky": "Ала-Тоо медициналык өңүрлөр университети",
    "kk": "Алатау медицина университеті",
}


@pytest.fixture
def house(heard: House) -> House:
    return heard


async def university(house: House, institution: str = "alatoo", **names: str) -> None:
    body = {"institution_id": institution, "names": names or NAMES, "kind": "university", "city": "Bishkek", "country": "KG"}
    await house.do("/v1/institutions", body, COORDINATOR, "intake")
    await found(house, institution, institution)


async def found(house: House, q: str, *ids: str, role: str = COORDINATOR, more: str = "", **who: str) -> list[dict]:
    """What is found, once these are."""

    async def there() -> list[dict] | None:
        hits = await house.items(f"/v1/search?q={q}{more}", role, **who)
        return hits if set(ids) <= {each["id"] for each in hits} else None

    hits = await eventually(there, f"{q} finds {ids}")
    assert hits is not None
    return hits


async def test_an_institution_is_found_by_a_part_of_its_name_in_any_language_and_by_one_misspelt(house: House) -> None:
    await university(house)
    for q in ("ala-too", "MEDICAL univ", "Медицинский", "өңүрлөр", "университеті", "Алатау мед", "alatoo", "medcal university"):
        [hit, *_] = await found(house, q, "alatoo")
        assert (hit["kind"], hit["id"], hit["title"]) == ("institution", "alatoo", NAMES["ru"])
        assert (hit["service"], hit["path"]) == ("intake", "/v1/institutions/alatoo")


async def test_what_is_said_so_comes_before_what_begins_so_and_that_before_what_has_it_within(house: House) -> None:
    await university(house, "within", en="The Great Nomad University")
    await university(house, "begins", en="Nomad University")
    await university(house, "exact", en="Nomad")
    assert [hit["id"] for hit in await found(house, "nomad", "within")] == ["exact", "begins", "within"]


async def test_a_case_is_found_by_its_id_and_its_numbers_with_its_institutions_name(house: House) -> None:
    await university(house)
    case_id = await house.files("alatoo")
    await found(house, case_id, case_id)  # what is published below comes after it
    number, contract = f"A-{uuid4().hex[:8]}", f"C-{uuid4().hex[:8]}"
    of = {"case_id": case_id, "institution_id": "alatoo"}
    await publish(
        house.stack,
        envelope(house.agency, "intake", "ApplicationRegistered", f"application-{case_id}", 2, **of, number=number),
        envelope(house.agency, "intake", "ContractDrawnUp", f"application-{case_id}", 3, case_id=case_id, contract_number=contract),
    )
    for q in (case_id, case_id[:13], number.lower(), contract):
        [hit, *_] = await found(house, q, case_id)
        assert (hit["kind"], hit["id"], hit["path"]) == ("case", case_id, f"/v1/applications/{case_id}")
    [hit, *_] = await found(house, number, case_id)
    assert (hit["title"], hit["subtitle"]) == (number, NAMES["ru"])


async def test_a_certificate_is_found_by_its_number_and_by_its_blank(house: House) -> None:
    certificate_id, number, blank = uuid4().hex, f"N{uuid4().hex[:10]}", "ИА 000017"
    of = {"certificate_id": certificate_id, "case_id": uuid4().hex, "institution_id": "kaznu", "number": number, "blank_number": blank}
    await publish(house.stack, envelope(house.agency, "council", "CertificateIssued", f"certificate-{certificate_id}", **of))
    for q in (number, blank, "иа 0000"):
        [hit] = await found(house, q, certificate_id, more="&kind=certificate")
        assert (hit["title"], hit["path"], hit["subtitle"]) == (number, f"/v1/certificates/{certificate_id}", "kaznu")


async def test_a_corrected_name_is_found_and_the_wrong_one_is_not(house: House) -> None:
    await university(house, "renamed", en="Wrongley College", ru="Ронгли")
    right = {"previous": {"names": {"en": "Wrongley College", "ru": "Ронгли"}}, "corrected": {"names": {"en": "Rightwell College"}}}
    fact = {"institution_id": "renamed", "fact": "InstitutionRegistered", **right}
    await publish(house.stack, envelope(house.agency, "intake", "InstitutionCorrected", "institution-renamed", 2, **fact))
    [hit] = await found(house, "Rightwell", "renamed")
    assert hit["title"] == "Rightwell College"
    assert await house.items("/v1/search?q=Ронгли", COORDINATOR) == []


async def test_an_officer_finds_his_own_institutions_alone(house: House) -> None:
    await university(house)
    mine, theirs = await house.files(), await house.files("other")
    await found(house, mine, mine)
    await found(house, theirs, theirs)
    assert await house.items(f"/v1/search?q={theirs}", OFFICER) == []
    assert await house.items("/v1/search?q=Ala-Too", OFFICER) == []
    assert [hit["id"] for hit in await found(house, mine, mine, role=OFFICER)] == [mine]


async def test_signs_of_a_pattern_are_taken_as_they_are(house: House) -> None:
    for q in ("%25%25", "__", "k_znu", "%5C%5C"):
        assert await house.items(f"/v1/search?q={q}", COORDINATOR) == []


async def test_nothing_is_asked_with_one_letter_or_for_an_unknown_kind(house: House) -> None:
    for query in ("q=k", "", "q=kaznu&kind=person", "q=kaznu&limit=51"):
        assert (await house.read(f"/v1/search?{query}", COORDINATOR)).status_code == 422
    assert await house.items("/v1/search?q=%20%20%20", COORDINATOR) == []
