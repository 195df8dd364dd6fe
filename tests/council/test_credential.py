"""A certificate as a verifiable credential: signed by a published key, called back by a status list, checked offline."""

import asyncio
import gzip
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import KeySet

from chassis.signed import read_signed_json
from cli import check_certificate
from cli.errors import Explained
from console.views.verification import _credential as checked_by_the_console
from services.council import credential
from services.council.domain.paper import LIST_SIZE
from tests.council.papers import Registry
from tests.council.test_resolution_over_rest import Desk, desk

__all__ = ["desk"]


@pytest_asyncio.fixture
async def registry(desk: Desk) -> Registry:
    return await Registry(desk).opened()


async def keys(registry: Registry) -> dict[str, Any]:
    answer = await registry.desk.http.get(f"/v1/verification/{registry.desk.agency}/keys")
    assert answer.status_code == 200
    return dict(answer.json())


async def given(registry: Registry, certificate_id: str) -> str:
    answer = await registry.ask(f"certificates/{certificate_id}/credential")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vc+jwt")
    return answer.text


async def listed(registry: Registry, purpose: str) -> str:
    answer = await registry.desk.http.get(f"/v1/verification/{registry.desk.agency}/status/{purpose}/1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vc+jwt")
    return answer.text


def bits(token: str, known: dict[str, Any]) -> bytes:
    subject = read_signed_json(token, known, "vc+jwt")["credentialSubject"]
    assert subject["type"] == "BitstringStatusList"
    packed = subject["encodedList"]
    assert packed[0] == "u"
    return gzip.decompress(urlsafe_b64decode(packed[1:] + "=" * (-len(packed[1:]) % 4)))


async def test_a_credential_says_what_the_record_says_and_another_library_reads_it(registry: Registry) -> None:
    id_ = await registry.issued()
    token = await given(registry, id_)
    read = jwt.decode(token, KeySet.import_key_set(await keys(registry)), algorithms=["ES256"])
    assert (read.header["typ"], read.header["alg"]) == ("vc+jwt", "ES256")
    said = read.claims
    assert said["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert said["type"] == ["VerifiableCredential", "AccreditationCertificate"]
    assert said["issuer"]["id"].endswith(f"/v1/verification/{registry.desk.agency}")
    assert said["validFrom"] < said["validUntil"]
    subject = said["credentialSubject"]
    assert subject["accreditation"]["certificateNumber"] == "KZ-A 12/34"
    assert {"@value": "Әл-Фараби атындағы университет", "@language": "kk"} in subject["name"]
    assert {each["statusPurpose"] for each in said["credentialStatus"]} == {"revocation", "suspension"}
    assert not {"vc", "vp"} & set(said), "claims of a JWT that VC-JOSE-COSE forbids"


async def test_its_place_in_the_status_list_is_its_own_and_stays(registry: Registry) -> None:
    places = []
    for number in ("1", "2", "3"):
        id_ = await registry.issued(number)
        tokens = [await given(registry, id_) for _ in range(2)]
        claims = [read_signed_json(token, await keys(registry), "vc+jwt") for token in tokens]
        assert claims[0]["credentialStatus"] == claims[1]["credentialStatus"]
        places.append(claims[0]["credentialStatus"][0]["statusListIndex"])
    assert len(set(places)) == 3
    assert all(0 <= int(each) < LIST_SIZE for each in places)


async def test_a_place_that_is_taken_is_not_taken_again(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([7, 7, 7, 8])
    monkeypatch.setattr(credential.secrets, "randbelow", lambda _: next(drawn))
    indexes = []
    for number in ("1", "2"):
        claims = read_signed_json(await given(registry, await registry.issued(number)), await keys(registry), "vc+jwt")
        indexes.append(claims["credentialStatus"][0]["statusListIndex"])
    assert indexes == ["7", "8"]


async def test_what_is_revoked_or_suspended_is_called_back_and_nothing_else(registry: Registry) -> None:
    ids = {what: await registry.issued(what, days_ago=10) for what in ("kept", "suspended", "revoked", "ended")}
    known = await keys(registry)
    place = {}
    for what, id_ in ids.items():
        claims = read_signed_json(await given(registry, id_), known, "vc+jwt")
        place[what] = int(claims["credentialStatus"][0]["statusListIndex"])
        [entry] = [each for each in claims["credentialStatus"] if each["statusPurpose"] == "revocation"]
        said = read_signed_json(await listed(registry, "revocation"), known, "vc+jwt")
        assert entry["statusListCredential"] == said["id"]
    for purpose in ("revocation", "suspension"):
        found = bits(await listed(registry, purpose), known)
        assert (len(found), any(found)) == (LIST_SIZE // 8, False)
    await registry.suspended(ids["suspended"])
    await registry.revoked(ids["revoked"])
    await registry.ended(ids["ended"])
    called = {purpose: _set(bits(await listed(registry, purpose), known)) for purpose in ("revocation", "suspension")}
    assert called == {"revocation": {place["revoked"], place["ended"]}, "suspension": {place["suspended"]}}
    await registry.restored(ids["suspended"])
    assert _set(bits(await listed(registry, "suspension"), known)) == set()


def _set(found: bytes) -> set[int]:
    return {at * 8 + bit for at, byte in enumerate(found) if byte for bit in range(8) if byte & (0x80 >> bit)}


async def test_there_is_no_list_in_which_nothing_stands(registry: Registry) -> None:
    about = f"/v1/verification/{registry.desk.agency}/status"
    assert (await registry.desk.http.get(f"{about}/revocation/1")).status_code == 404
    assert (await registry.desk.http.get(f"{about}/revocation/0")).status_code == 422
    assert (await registry.desk.http.get(f"{about}/other/1")).status_code == 422


async def test_a_status_list_and_a_token_without_a_bottom_are_no_credentials_for_the_console(registry: Registry) -> None:
    await given(registry, await registry.issued())
    known = await keys(registry)

    async def found(*_: object) -> Any:
        return SimpleNamespace(data=known)

    visit: Any = SimpleNamespace(services=SimpleNamespace(find=found))
    deep = urlsafe_b64encode(b"[" * 200_000).decode().rstrip("=")
    for token in (await listed(registry, "revocation"), f"{deep}.e30.AAAA"):
        told = await checked_by_the_console(visit, "a.vc", token.encode(), [registry.desk.agency])
        assert told is not None
        assert (told.verdict, told.certificate) == ("bad_credential", None)


async def test_it_is_checked_offline(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    id_ = await registry.issued(days_ago=10)
    files = {"vc": (await given(registry, id_)).encode(), "pdf": await registry.pdf(id_)}
    files["keys"] = json.dumps(await keys(registry)).encode()
    files["before"] = (await listed(registry, "revocation")).encode()
    await registry.revoked(id_)
    files["after"] = (await listed(registry, "revocation")).encode()
    files["bad"] = files["vc"][:-4] + (b"AAAA" if files["vc"][-4:] != b"AAAA" else b"BBBB")
    files["bad_pdf"] = files["pdf"].replace(b"%PDF-1.7", b"%PDF-1.6", 1)
    files["strange"] = "ф".encode()
    path = {name: tmp_path / name for name in files}
    for name, content in files.items():
        path[name].write_bytes(content)

    async def checked(name: str, *status: str, keys: Path | None = path["keys"]) -> tuple[int, dict[str, Any]]:
        code = await asyncio.to_thread(
            check_certificate.run, path[name], keys, [path[each] for each in status], tmp_path, True, registry.today
        )
        return code, json.loads(capsys.readouterr().out)

    code, said = await checked("vc")
    assert (code, said["genuine"], said["not_in_force"], len(said["not_checked"])) == (0, True, [], 2)
    assert (await checked("vc", "before"))[0] == 0
    code, said = await checked("vc", "after")
    assert (code, said["genuine"], said["not_in_force"]) == (1, True, ["it is called back: revocation"])
    code, said = await checked("pdf")
    assert (code, said["genuine"], said["why"]) == (0, True, None)
    for name in ("bad", "bad_pdf", "strange", "before"):  # the last is a status list, which the same key signs
        code, said = await checked(name)
        assert (code, said["genuine"]) == (1, False), name
    with pytest.raises(Explained, match="is no status list of these keys"):
        await checked("vc", "bad")
    other = tmp_path / "other.json"
    other.write_text('{"keys": []}')
    assert (await checked("vc", keys=other))[0] == 1
    code, said = await checked("pdf", keys=other)
    assert (code, said["why"]) == (1, "it was signed by a key that is not among those given")
