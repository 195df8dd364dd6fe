"""What is signed is verified by others' code: the library of Standard Webhooks for `v1`, plain Ed25519 for `v1a`."""

import json
import time
from base64 import b64decode

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from services.notices.signing import SigningKey, signed_headers

BODY = b'{"type":"kepil.council.certificate.CertificateIssued","data":{"x":"\xd2\xa3"}}'


def headers(*keys: SigningKey, at: int | None = None, body: bytes = BODY) -> dict[str, str]:
    return signed_headers(keys, "e-1", at or int(time.time()), body)


def test_the_library_of_the_specification_verifies_what_is_signed() -> None:
    key = SigningKey.new("hmac")
    assert key.shared is not None
    assert key.shared.startswith("whsec_")
    assert key.public is None
    assert Webhook(key.shared).verify(BODY, headers(key)) == json.loads(BODY)


@pytest.mark.parametrize("spoiled", ["body", "id", "time", "secret"])
def test_what_was_changed_on_the_way_is_not_verified(spoiled: str) -> None:
    key = SigningKey.new("hmac")
    sent, body = headers(key), BODY
    secret = str((SigningKey.new("hmac") if spoiled == "secret" else key).shared)
    if spoiled == "body":
        body = BODY.replace(b"Issued", b"Lost")
    if spoiled == "id":
        sent["webhook-id"] = "e-2"
    if spoiled == "time":
        sent["webhook-timestamp"] = str(int(sent["webhook-timestamp"]) + 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, sent)


def test_an_old_signature_is_none() -> None:
    key = SigningKey.new("hmac")
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(str(key.shared)).verify(BODY, headers(key, at=int(time.time()) - 3600))


def test_while_keys_overlap_a_receiver_needs_either() -> None:
    new, old, strange = (SigningKey.new("hmac") for _ in range(3))
    sent = headers(new, old)
    assert len(sent["webhook-signature"].split()) == 2
    for key in (new, old):
        Webhook(str(key.shared)).verify(BODY, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(str(strange.shared)).verify(BODY, sent)


def test_a_pair_of_keys_shows_its_public_one_alone_and_that_verifies() -> None:
    key = SigningKey.new("ed25519")
    assert key.shared is None
    public = str(key.public)
    assert public.startswith("whpk_")
    sent = headers(key)
    scheme, _, signature = sent["webhook-signature"].partition(",")
    assert scheme == "v1a"
    verifier = Ed25519PublicKey.from_public_bytes(b64decode(public.removeprefix("whpk_")))
    content = f"{sent['webhook-id']}.{sent['webhook-timestamp']}.".encode() + BODY
    verifier.verify(b64decode(signature), content)
    with pytest.raises(InvalidSignature):
        verifier.verify(b64decode(signature), content + b" ")
