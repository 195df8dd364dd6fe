"""Every setting of a Kepil process, read once from the environment (`KEPIL_…`). No defaults live anywhere else."""

from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.problems import Unavailable

#: REST ports by service, used when no setting says otherwise.
DEFAULT_PORTS = {
    "intake": 8101,
    "review": 8102,
    "visits": 8103,
    "council": 8104,
    "monitoring": 8105,
    "workflows": 8106,
    "notices": 8107,
    "console": 8108,
    "issuer": 8109,
    "traces": 8110,
}


_DEVELOPMENT_PASSWORD = "kepil-development"  # noqa: S105  published on purpose, and refused in production


class Settings(BaseSettings):
    """One process's settings. `postgres_url`, `nats_url` and `temporal_address` left empty mean the embedded servers."""

    model_config = SettingsConfigDict(env_prefix="KEPIL_", env_nested_delimiter="__", extra="ignore")

    env: Literal["development", "production"] = "development"
    state_dir: Path = Path(".kepil")
    host: str = "127.0.0.1"
    ports: dict[str, int] = Field(default_factory=dict, description="REST port by service, over DEFAULT_PORTS")

    postgres_url: str | None = Field(None, description="Administrator's URL; roles and one database a service are made in it")
    postgres_port: int = 8132
    postgres_pool: int = Field(8, ge=2, le=200, description="Connections of the API pool of one process")
    database_prefix: str = Field("kepil_", pattern=r"^[a-z][a-z0-9_]{0,30}$")
    postgres_password: str = Field(_DEVELOPMENT_PASSWORD, description="Password of the roles kepil_api and kepil_system")

    nats_url: str | None = None
    nats_port: int = 8142
    nats_replicas: int = 1
    nats_monitor_port: int = Field(8143, description="HTTP health of the embedded server")

    temporal_address: str | None = None
    temporal_namespace: str = "default"
    temporal_port: int = 8172
    temporal_ui_port: int = 8173
    temporal_versioning: bool = Field(True, description="Worker Versioning; the time-skipping test server has none")
    clock: Literal["system", "temporal-test-server"] = "system"

    auth_issuer: str | None = Field(None, description="OIDC issuer; empty means the embedded development issuer")
    auth_jwks_url: str | None = None
    auth_audience: str = "kepil"

    console_client_id: str = Field("console", description="The console at the issuer: an OIDC client by authorization code with PKCE")
    console_client_secret: str | None = Field(None, description="Empty: a public client; the development issuer has its own")
    console_scope: str = "openid profile"
    console_session_hours: int = Field(12, ge=1, le=720, description="After so many hours a person signs in anew")
    console_zone: str = Field(
        "Asia/Bishkek", description="Where the console's instants are shown; days are those of each rulebook's country"
    )

    privacy_master_key: str | None = Field(None, description="Base64 of 32 bytes; development makes one in the state folder")
    roles: frozenset[Literal["api", "worker", "relay", "consumers"]] = Field(
        frozenset({"api", "worker", "relay", "consumers"}), description="What this process does of its service's work"
    )
    max_body_bytes: int = Field(1_000_000, ge=1_000)
    max_upload_bytes: int = Field(100_000_000, ge=1_000, description="Of a file that is read as it comes: a table to import")
    shutdown_grace_seconds: float = 10.0

    documents_url: str | None = Field(
        None, pattern=r"^(s3|gs|az|file)://", description="Where documents are kept, as `s3://bucket/prefix`; empty: in the state folder"
    )
    documents_max_bytes: int = Field(50_000_000, ge=1_000, le=100_000_000, description="Of one document")
    documents_case_bytes: int = Field(2_000_000_000, ge=1_000, description="Of all documents of one case together")
    documents_case_files: int = Field(2_000, ge=1, description="Of one case")
    documents_max_entries: int = Field(5_000, ge=10, description="Parts of an office document, which is an archive")
    documents_max_expanded_bytes: int = Field(300_000_000, ge=1_000_000, description="Of an office document when it is unpacked")
    documents_max_ratio: int = Field(200, ge=10, description="Unpacked bytes to packed ones, of each part beyond its first million")
    documents_antivirus: str | None = Field(
        None, pattern=r"^(tcp://[^/:]+:[0-9]+|unix://.+)$", description="clamd, as `tcp://host:3310` or `unix:///run/clamav/clamd.ctl`"
    )
    documents_antivirus_seconds: float = Field(60.0, gt=0, description="How long clamd may take for one document")
    documents_unscanned: Literal["give", "hold"] = Field("give", description="Whether a document that no antivirus has seen is given out")
    documents_personal_days: int | None = Field(
        None, ge=1, description="Days that personal evidence is kept, and then erased by itself; empty: until the director has it erased"
    )

    webhooks_schemes: frozenset[Literal["http", "https"]] = Field(frozenset({"https"}), description="Over which webhooks go")
    webhooks_ports: frozenset[int] = Field(frozenset({443, 8443}), description="To which webhooks go")
    webhooks_allow_loopback: bool = Field(False, description="Lets webhooks go to this machine, over http and to any port; for development")
    webhooks_networks: tuple[str, ...] = Field((), description="Networks (CIDR) to which webhooks may go although they are not public")
    webhooks_ca_file: Path | None = Field(None, description="Certificates (PEM) that webhooks trust beside those of the machine")
    webhooks_at_once: int = Field(500, ge=1, le=5_000, description="First attempts of one process at the same time, and as many later ones")
    webhooks_at_once_each: int = Field(4, ge=1, le=100, description="Attempts of one process at the same time to one endpoint")
    webhooks_keep_days: int = Field(365, ge=0, description="Days that a delivery is kept after its end, with its attempts; 0: for ever")

    public_url: str | None = Field(
        None, pattern=r"^https?://[^\s]+$", description="Of the pages for everybody, as it is printed on certificates; empty: the console's"
    )
    public_council_url: str | None = Field(
        None, pattern=r"^https?://[^\s]+$", description="Of council's REST interface as everybody reaches it; it stands in credentials"
    )
    signing_key_file: Path | None = Field(
        None, description="PKCS#12 with the key, the certificate and its chain, by which documents are signed; development makes its own"
    )
    signing_key_password: SecretStr | None = None
    signing_trust_file: Path | None = Field(
        None, description="Certificates (PEM) that signatures are trusted by beside the present chain: of keys before this one"
    )

    traces_url: str | None = Field(
        None, pattern=r"^https?://[^\s]+$", description="The span store that spans go to; the supervisor sets it. Empty: files alone"
    )
    traces_days: int = Field(14, ge=1, le=400, description="Days that the span store keeps spans")
    metrics_token: SecretStr | None = Field(
        None, description="What a scraper of /metrics says (Bearer); empty: only scrapers on the machine itself are answered"
    )

    @model_validator(mode="after")
    def _no_published_secret(self) -> Self:
        if self.env == "production" and self.postgres_password == _DEVELOPMENT_PASSWORD:
            raise ValueError("KEPIL_POSTGRES_PASSWORD must be set in production: the default is published with the source")
        if self.env == "production" and self.webhooks_allow_loopback:
            raise ValueError("KEPIL_WEBHOOKS_ALLOW_LOOPBACK is for development: in production nothing is sent to the machine itself")
        return self

    def port(self, service: str) -> int:
        """The REST port of `service`."""
        return self.ports.get(service, DEFAULT_PORTS[service])

    def public(self, part: Literal["console", "council"]) -> str:
        """Where everybody reaches the pages or council's REST interface; it is printed and signed, and cannot be changed there."""
        url = self.public_url if part == "console" else self.public_council_url
        if url is None and self.env == "production":
            name = "KEPIL_PUBLIC_URL" if part == "console" else "KEPIL_PUBLIC_COUNCIL_URL"
            raise Unavailable(f"{name} is not set: what is given out would lead nowhere")
        return (url or self.url(part)).rstrip("/")

    def url(self, service: str) -> str:
        """The base URL of `service` as its neighbours on this machine reach it."""
        return f"http://{self.host}:{self.port(service)}"

    def console_url(self) -> str:
        """The base URL of the console as people reach it, without a slash at its end."""
        return (self.public_url or self.url("console")).rstrip("/")

    def console_secure(self) -> bool:
        """Whether people reach the console by https."""
        return self.console_url().startswith("https:")


@cache
def settings() -> Settings:
    """The process's settings, read at the first call."""
    return Settings()
