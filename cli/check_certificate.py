"""`kepil check-certificate`: whether a certificate's PDF or credential is genuine, without a network; and what it says."""

import gzip
import io
import json as jsonlib
import logging
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from chassis.settings import Settings
from chassis.signed import BadCredential, certificates_of, examine_pdf, read_signed_json, signers_of
from chassis.signing import published_keys
from cli.errors import Explained
from cli.options import console
from services.council.credential import KIND, TYPE

_LARGEST = 20_000_000
_LONGEST_LIST = 1_000_000


def run(file: Path, keys: Path | None, status: list[Path], state: Path, json: bool, on: date | None = None) -> int:
    """Exit code 0 where it is genuine, by the keys that were given, and nothing says that it is not in force on the day."""
    content = _read(file)
    known = _keys(keys, state)
    found = _pdf(content, known) if content.lstrip().startswith(b"%PDF") else _credential(content, known, status, on)
    if json:
        print(jsonlib.dumps(found, indent=1, ensure_ascii=False))
    else:
        for name, said in found.items():
            console.print(f"{name:<12} {said}", markup=False, highlight=False, soft_wrap=True)
    return 0 if found["genuine"] and not found.get("not_in_force") else 1


def _pdf(content: bytes, keys: Mapping[str, Any]) -> dict[str, Any]:
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    signature = examine_pdf(content, certificates_of(keys), signers_of(keys))
    why = None
    if not signature.trusted:
        why = "it has no signature" if not signature.signed else "it was changed after it was signed"
        why = "it was signed by a key that is not among those given" if signature.intact else why
    return {
        "kind": "pdf",
        "genuine": signature.trusted,
        "why": why,
        "signer": signature.signer,
        "signed_at": signature.signed_at,
        "not_checked": "whether the certificate is in force: the register tells, at the address of its QR code",
    }


def _credential(content: bytes, keys: Mapping[str, Any], status: list[Path], on: date | None) -> dict[str, Any]:
    now = datetime.combine(on, time(12), UTC) if on else datetime.now(UTC)
    try:
        claims = read_signed_json(content.decode("ascii"), keys, TYPE)
    except UnicodeDecodeError:
        return {"kind": None, "genuine": False, "why": "it is no PDF and no credential"}
    except BadCredential as bad:
        return {"kind": "credential", "genuine": False, "why": str(bad)}
    if KIND not in claims.get("type", ()):  # the same key signs status lists
        return {"kind": "credential", "genuine": False, "why": "it is signed, and says nothing of a certificate"}
    lists = [_list(each, keys) for each in status]
    subject = claims.get("credentialSubject", {})
    over = []
    if str(claims.get("validUntil", "9")) < _instant(now):
        over.append("its term is over")
    if str(claims.get("validFrom", "")) > _instant(now):
        over.append("its term has not begun")
    entries = claims.get("credentialStatus", [])
    checked = {each["statusPurpose"]: _is_set(each, lists, now) for each in entries}
    over += [f"it is called back: {purpose}" for purpose, called in checked.items() if called]
    return {
        "kind": "credential",
        "genuine": True,
        "why": None,
        "issuer": claims.get("issuer"),
        "valid_from": claims.get("validFrom"),
        "valid_until": claims.get("validUntil"),
        "says": subject,
        "not_in_force": over,
        "not_checked": [each["statusListCredential"] for each in entries if checked[each["statusPurpose"]] is None],
    }


def _list(path: Path, keys: Mapping[str, Any]) -> dict[str, Any]:
    """A status list, once its signature holds."""
    try:
        return read_signed_json(_read(path).decode("ascii", "replace"), keys, TYPE)
    except BadCredential as bad:
        raise Explained(f"{path} is no status list of these keys: {bad}") from bad


def _is_set(entry: Mapping[str, Any], lists: list[dict[str, Any]], now: datetime) -> bool | None:
    """A credential's bit in the status list of its entry; None where that list was not given, or is out of date."""
    for each in lists:
        if each.get("id") != entry["statusListCredential"] or str(each.get("validUntil", "9")) < _instant(now):
            continue
        packed = str(each["credentialSubject"]["encodedList"]).removeprefix("u")
        with gzip.GzipFile(fileobj=io.BytesIO(urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))) as unpacked:
            bits = unpacked.read(_LONGEST_LIST)
        index = int(entry["statusListIndex"])
        return bool(bits[index // 8] & (0x80 >> index % 8))
    return None


def _keys(given: Path | None, state: Path) -> dict[str, Any]:
    """Those of the file; without one, those of this installation, where it has any."""
    if given is None:
        using = Settings(state_dir=state)
        if using.signing_key_file is None and not (state / "signing" / "development.p12").exists():
            raise Explained("give the agency's keys: --keys FILE, as GET …/v1/verification/AGENCY/keys answers it")
        return published_keys(using)
    try:
        keys = jsonlib.loads(_read(given))
    except ValueError as error:
        raise Explained(f"{given} is no JSON: {error}") from error
    if not isinstance(keys, dict) or not isinstance(keys.get("keys"), list):
        raise Explained(f"{given} is no set of keys (RFC 7517)")
    return keys


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise Explained(f"{path} is larger than any certificate")
        return path.read_bytes()
    except OSError as error:
        raise Explained(f"{path} cannot be read: {error.strerror}") from error


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
