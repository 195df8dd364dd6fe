"""Signatures of Standard Webhooks 1.0: `v1` is HMAC-SHA256 with a secret of both sides, `v1a` Ed25519 with a key that never leaves us."""

import hashlib
import hmac
import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.notices.contract import Algorithm

_SECRET_BYTES = 32


@dataclass(frozen=True)
class SigningKey:
    """A key of one endpoint, as bytes: the common secret, or the seed of the private key."""

    algorithm: Algorithm
    secret: bytes

    @classmethod
    def new(cls, algorithm: Algorithm) -> "SigningKey":
        """A key that nobody has seen."""
        return cls(algorithm, os.urandom(_SECRET_BYTES))

    @property
    def shared(self) -> str | None:
        """What the receiver has to keep secret, as it is shown; of a pair of keys nothing."""
        return f"whsec_{_text(self.secret)}" if self.algorithm == "hmac" else None

    @property
    def public(self) -> str | None:
        """What the receiver verifies with where it needs no secret."""
        if self.algorithm == "hmac":
            return None
        return f"whpk_{_text(Ed25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw())}"

    def sign(self, content: bytes) -> str:
        """One signature with its scheme."""
        if self.algorithm == "hmac":
            return f"v1,{_text(hmac.new(self.secret, content, hashlib.sha256).digest())}"
        return f"v1a,{_text(Ed25519PrivateKey.from_private_bytes(self.secret).sign(content))}"


def signed_headers(keys: Sequence[SigningKey], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message, signed with every key: a receiver needs to know one. The time is that of the attempt."""
    content = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(key.sign(content) for key in keys),
    }


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
