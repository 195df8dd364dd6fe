"""The key by which this installation signs what it gives out: PDF by PAdES, JSON by JOSE. Others check with what is published of it."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner

from chassis.problems import Unavailable
from chassis.secretfile import read_or_make
from chassis.settings import Settings

#: No secret: the development key is told by its name, and is refused in production.
_DEVELOPMENT = b"kepil-development"
DEVELOPMENT_NAME = "Kepil development key"
_YEARS = timedelta(days=365 * 30)
_ALGORITHMS = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class BadSigningKey(RuntimeError):
    """The file of the signing key cannot be used."""


@dataclass(frozen=True)
class SigningKey:
    """A private key with its certificate and the chain above it, the issuer first."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """What a reader must trust to trust it."""
        return self.chain[-1:] or (self.certificate,)

    @property
    def signer(self) -> str:
        """The name in its certificate."""
        return name_of(self.certificate)

    @property
    def algorithm(self) -> str:
        """As JOSE calls it."""
        return _ALGORITHMS[self.key.curve.name] if isinstance(self.key, ec.EllipticCurvePrivateKey) else "PS256"

    @cached_property
    def jwk(self) -> dict[str, Any]:
        """The public key with its certificates, as it is published (RFC 7517); its `kid` is its thumbprint."""
        return published(self.certificate, self.chain)

    def sign_json(self, claims: bytes, media: str) -> str:
        """A compact JWS over JSON, of the type `media`."""
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        key = ECKey.import_key(pem) if isinstance(self.key, ec.EllipticCurvePrivateKey) else RSAKey.import_key(pem)
        header = {"alg": self.algorithm, "typ": media, "kid": self.jwk["kid"]}
        return str(jws.serialize_compact(header, claims, key, algorithms=[self.algorithm]))

    def sign_pdf(self, document: bytes, *, field: str, reason: str) -> bytes:
        """The document with an invisible PAdES signature (ETSI EN 319 142-1, level B-B) over the whole of it. Blocks: for a thread."""
        writer = IncrementalPdfFileWriter(BytesIO(document))
        told = PdfSignatureMetadata(
            field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, reason=reason, name=self.signer
        )
        return bytes(PdfSigner(told, self._cms).sign_pdf(writer).getvalue())

    @cached_property
    def _cms(self) -> SimpleSigner:
        packed = pkcs12.serialize_key_and_certificates(b"k", self.key, self.certificate, self.chain, BestAvailableEncryption(_DEVELOPMENT))
        signer: SimpleSigner | None = SimpleSigner.load_pkcs12_data(packed, other_certs=[], passphrase=_DEVELOPMENT)
        assert signer is not None
        return signer


def signing_key(using: Settings) -> SigningKey:
    """The key of the settings, or in development one made once in the state folder. Unavailable in production without one."""
    if using.signing_key_file is not None:
        password = using.signing_key_password.get_secret_value().encode() if using.signing_key_password else None
        key = _read(using.signing_key_file.resolve(), password)
        if using.env == "production" and key.signer == DEVELOPMENT_NAME:
            raise Unavailable("documents are not signed in production with the key of a development machine (KEPIL_SIGNING_KEY_FILE)")
        return key
    if using.env == "production":
        raise Unavailable("this installation has no key to sign documents with (KEPIL_SIGNING_KEY_FILE)")
    path = (using.state_dir / "signing" / "development.p12").resolve()
    read_or_make(path, _development)
    return _read(path, _DEVELOPMENT)


def trusted_certificates(using: Settings) -> tuple[x509.Certificate, ...]:
    """By which a signature of this installation is known: the root of the present key, and what the settings add."""
    return (*signing_key(using).roots, *_kept(using))


def signers(using: Settings) -> tuple[x509.Certificate, ...]:
    """Whose signatures are this installation's: the present key's, and those before it that the settings name."""
    return (signing_key(using).certificate, *_kept(using))


def _kept(using: Settings) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(using.signing_trust_file.read_bytes()) if using.signing_trust_file else []


def published_keys(using: Settings) -> dict[str, Any]:
    """The keys as a JWKS: the present one first, then those before it."""
    present = signing_key(using)
    keys = [present.jwk, *(published(each, ()) for each in trusted_certificates(using) if not _is_authority(each))]
    return {"keys": list({each["kid"]: each for each in reversed(keys)}.values())[::-1]}


def published(certificate: x509.Certificate, chain: tuple[x509.Certificate, ...]) -> dict[str, Any]:
    """A public key as it is published."""
    public = certificate.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if isinstance(public, ec.EllipticCurvePublicKey):
        key: ECKey | RSAKey = ECKey.import_key(pem)
        algorithm = _ALGORITHMS[public.curve.name]
    else:
        key, algorithm = RSAKey.import_key(pem), "PS256"
    x5c = [b64encode(each.public_bytes(Encoding.DER)).decode() for each in (certificate, *chain)]
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": algorithm, "x5c": x5c}


def name_of(certificate: x509.Certificate | asn1.Certificate) -> str:
    """The common name of whose certificate it is, or all of its name."""
    if isinstance(certificate, asn1.Certificate):
        return str(certificate.subject.native.get("common_name") or certificate.subject.human_friendly)
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else certificate.subject.rfc4514_string()


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


@cache
def _read(path: Path, password: bytes | None) -> SigningKey:
    try:
        packed = pkcs12.load_pkcs12(path.read_bytes(), password)
    except (OSError, ValueError) as error:
        raise BadSigningKey(f"{path} is no PKCS#12 file that opens with its password: {error}") from error
    key, certificate = packed.key, packed.cert
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) or certificate is None:
        raise BadSigningKey(f"{path} needs an EC or RSA key and its certificate")
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name not in _ALGORITHMS:
        raise BadSigningKey(f"{path} has a key on the curve {key.curve.name}; it signs by {', '.join(_ALGORITHMS)} or RSA")
    return SigningKey(key, certificate.certificate, _chain(certificate.certificate, [each.certificate for each in packed.additional_certs]))


def _chain(leaf: x509.Certificate, known: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """From the leaf's issuer upwards, however the file has them."""
    chain: list[x509.Certificate] = []
    below = leaf
    while below.issuer != below.subject:
        above = next((each for each in known if each.subject == below.issuer and each not in chain), None)
        if above is None:
            break
        chain.append(above)
        below = above
    return tuple(chain)


def _development() -> bytes:
    """An authority whose key is thrown away, and a key that it has certified."""
    authority, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kepil development authority")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DEVELOPMENT_NAME)])
    root = _certificate(root_name, authority.public_key(), root_name, authority, is_authority=True)
    certificate = _certificate(name, leaf.public_key(), root_name, authority, is_authority=False)
    return pkcs12.serialize_key_and_certificates(b"kepil", leaf, certificate, [root], BestAvailableEncryption(_DEVELOPMENT))


def _certificate(
    subject: x509.Name, public: ec.EllipticCurvePublicKey, issuer: x509.Name, by: ec.EllipticCurvePrivateKey, *, is_authority: bool
) -> x509.Certificate:
    since = datetime(2020, 1, 1, tzinfo=UTC)  # legal time may be skipped, and begin in the past
    usage = dict.fromkeys(("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + _YEARS)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_authority,
                content_commitment=not is_authority,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                **usage,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .sign(by, hashes.SHA256())
    )
