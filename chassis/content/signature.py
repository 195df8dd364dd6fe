"""Signatures in CMS (RFC 5652) that stand beside a document. One that holds its document would bring it in unread."""

from typing import IO

from asn1crypto import cms, pem

from chassis.content.kinds import Unfit

_LARGEST = 1_000_000


def examine_signature(file: IO[bytes]) -> None:
    """Unfit where it is no detached signature."""
    data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise Unfit("too_large", f"a detached signature may have {_LARGEST} bytes")
    try:
        if pem.detect(data):
            name, _, data = pem.unarmor(data)
            if name not in ("PKCS7", "CMS"):
                raise Unfit("unknown_type", f"it holds a {name[:40].lower()}, not a signature")
        content = cms.ContentInfo.load(data, strict=True)
        if content["content_type"].native != "signed_data":
            raise Unfit("unknown_type", "it is CMS, and no signature")
        signed = content["content"]
        held = signed["encap_content_info"]["content"].native
        if not len(signed["signer_infos"]):
            raise Unfit("unknown_type", "nobody has signed it")
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Unfit("damaged", "it cannot be read as a signature in CMS") from None
    if held is not None:
        raise Unfit("attached", "the signature holds its document; send the document, and a signature that stands beside it")
