"""Whether a signature holds: of a PDF by its certificates, of a compact JWS by published keys. Nothing is fetched from anywhere.

`python -m chassis.signed` reads a PDF in a process of its own, which has little memory, little time and nothing to write to.
"""

import asyncio
import json
import os
import sys
from base64 import b64decode
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_SECONDS, _MEMORY = 20, 1_500_000_000
_AT_ONCE = asyncio.Semaphore(2)
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Signature:
    """What the last signature of a PDF is worth.

    `intact`: what was signed has not been changed, and nothing came after it; `trusted`: also it is of somebody who is trusted.
    """

    signed: bool = False
    intact: bool = False
    trusted: bool = False
    signer: str | None = None
    signed_at: str | None = None


class BadCredential(ValueError):
    """A JWS that is none, or whose signature does not hold."""


class UnknownKey(BadCredential):
    """It was signed by a key that is not among those that are known."""


def examine_pdf(document: bytes, trusted: Iterable[x509.Certificate], signers: Iterable[x509.Certificate]) -> Signature:
    """What the signature in a PDF is worth. A file that is no PDF, or is broken, has none. Blocks: for a thread, or outside a loop.

    `trusted` ends the chain of whoever is among `signers`: an authority certifies others too, and none of these is us.
    """
    from asn1crypto import x509 as asn1
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    if _within_a_loop():
        raise RuntimeError("a PDF is not examined within a loop")  # its reader has a loop of its own
    roots = [asn1.Certificate.load(each.public_bytes(Encoding.DER)) for each in trusted]
    ours = {each.public_bytes(Encoding.DER) for each in signers}
    try:
        embedded = PdfFileReader(BytesIO(document), strict=True).embedded_regular_signatures
        if not embedded:
            return Signature()
        context = ValidationContext(trust_roots=roots, allow_fetching=False, revocation_mode="soft-fail")
        status = validate_pdf_signature(embedded[-1], signer_validation_context=context)
    except Exception:  # whatever a strange file leads its reader to: it has no signature that could be read
        return Signature(signed=b"/ByteRange" in document)
    holds = status.intact and status.valid and _covers_all(status)
    when = status.signer_reported_dt
    return Signature(
        signed=True,
        intact=holds,
        trusted=holds and status.trusted and status.signing_cert.dump() in ours,
        signer=str(status.signing_cert.subject.native.get("common_name") or status.signing_cert.subject.human_friendly),
        signed_at=when.isoformat() if when else None,
    )


async def examine_pdf_apart(file: IO[bytes], trusted: Iterable[x509.Certificate], signers: Iterable[x509.Certificate]) -> Signature:
    """As `examine_pdf`, in a process of its own. `file` has a descriptor."""
    file.seek(0, os.SEEK_END)  # written out, and nothing read ahead: the other process moves the place that both read from
    told = ["".join(each.public_bytes(Encoding.PEM).decode() for each in group) for group in (trusted, signers)]
    environment = {"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
    async with _AT_ONCE:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chassis.signed", *told),
            stdin=file.fileno(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            cwd="/",
        )
        answer = b""
        try:
            async with asyncio.timeout(_SECONDS):
                answer, _ = await process.communicate()
        except TimeoutError:
            return Signature()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return Signature(**json.loads(answer)) if process.returncode == 0 and answer else Signature()


def read_signed_json(token: str, keys: Mapping[str, Any], media: str) -> dict[str, Any]:
    """What a compact JWS says, if it was signed by one of these keys (a JWKS). BadCredential, UnknownKey."""
    from joserfc import jws
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    try:
        header = jws.extract_compact(token.strip().encode()).headers()
        if header.get("typ") != media:
            raise BadCredential(f"it is of the type {header.get('typ')!r}, not {media}")
        known = [each for each in keys.get("keys", []) if each.get("kid") == header.get("kid")]
        if not known:
            raise UnknownKey(f"no key {header.get('kid')!r} is known")
        allowed = [str(known[0].get("alg"))]  # the key's own: a token does not choose
        found = jws.deserialize_compact(token.strip().encode(), KeySet.import_key_set({"keys": known}), algorithms=allowed)
        claims = json.loads(found.payload or b"")
    except (JoseError, ValueError, RecursionError) as error:
        raise error if isinstance(error, BadCredential) else BadCredential(f"the signature does not hold: {error}") from error
    if not isinstance(claims, dict):
        raise BadCredential("it says nothing that could be read")
    return claims


def certificates_of(keys: Mapping[str, Any]) -> list[x509.Certificate]:
    """What a JWKS has to trust signatures of PDFs by: the last certificate of each key's chain."""
    return _of_chains(keys, -1)


def signers_of(keys: Mapping[str, Any]) -> list[x509.Certificate]:
    """Whose signatures of PDFs a JWKS tells: the first certificate of each key's chain."""
    return _of_chains(keys, 0)


def _of_chains(keys: Mapping[str, Any], place: int) -> list[x509.Certificate]:
    chains = [each["x5c"] for each in keys.get("keys", []) if each.get("x5c")]
    return [x509.load_der_x509_certificate(b64decode(chain[place])) for chain in chains]


def _within_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _covers_all(status: Any) -> bool:
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    unchanged: bool = status.modification_level == ModificationLevel.NONE
    return unchanged and bool(status.coverage == SignatureCoverageLevel.ENTIRE_FILE)


def main() -> None:
    """Reads the PDF on the standard input; tells on the standard output what its signature is worth."""
    from chassis.content.child import confine

    confine(_MEMORY, _SECONDS)
    trusted, signers = (x509.load_pem_x509_certificates(each.encode()) for each in sys.argv[1:3])
    with os.fdopen(0, "rb", closefd=False) as file:
        file.seek(0)
        sys.stdout.write(json.dumps(asdict(examine_pdf(file.read(), trusted, signers))))


if __name__ == "__main__":
    main()
