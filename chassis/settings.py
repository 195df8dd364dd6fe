"""Every setting of a Kepil process, read once from the environment (`KEPIL_…`). No defaults live anywhere else."""

from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

#: REST ports by service, used when no setting says otherwise.
DEFAULT_PORTS = {
    "intake": 8101,
    "review": 8102,
    "visits": 8103,
    "council": 8104,
    "monitoring": 8105,
    "workflows": 8106,
    "notices": 8107,
    "issuer": 8109,
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
    documents_max_entries: int = Field(5_000, ge=10, description="Parts of an office document, which is an archive")
    documents_max_expanded_bytes: int = Field(300_000_000, ge=1_000_000, description="Of an office document when it is unpacked")
    documents_max_ratio: int = Field(200, ge=10, description="Unpacked bytes to packed ones, of each part beyond its first million")
    documents_antivirus: str | None = Field(
        None, pattern=r"^(tcp://[^/:]+:[0-9]+|unix://.+)$", description="clamd, as `tcp://host:3310` or `unix:///run/clamav/clamd.ctl`"
    )
    documents_antivirus_seconds: float = Field(60.0, gt=0, description="How long clamd may take for one document")
    documents_unscanned: Literal["give", "hold"] = Field("give", description="Whether a document that no antivirus has seen is given out")
    documents_personal_days: int | None = Field(
        None, ge=1, description="Days that personal evidence is kept; empty: until the director has it erased for a reason"
    )

    webhooks_schemes: frozenset[Literal["http", "https"]] = Field(frozenset({"https"}), description="Over which webhooks go")
    webhooks_ports: frozenset[int] = Field(frozenset({443, 8443}), description="To which webhooks go")
    webhooks_allow_loopback: bool = Field(False, description="Lets webhooks go to this machine, over http and to any port; for development")
    webhooks_networks: tuple[str, ...] = Field((), description="Networks (CIDR) to which webhooks may go although they are not public")
    webhooks_ca_file: Path | None = Field(None, description="Certificates (PEM) that webhooks trust beside those of the machine")
    webhooks_at_once: int = Field(500, ge=1, le=5_000, description="Attempts of one process at the same time")
    webhooks_at_once_each: int = Field(4, ge=1, le=100, description="Attempts of one process at the same time to one endpoint")

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

    def url(self, service: str) -> str:
        """The base URL of `service` as its neighbours on this machine reach it."""
        return f"http://{self.host}:{self.port(service)}"


@cache
def settings() -> Settings:
    """The process's settings, read at the first call."""
    return Settings()
