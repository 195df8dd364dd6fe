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

    @model_validator(mode="after")
    def _no_published_secret(self) -> Self:
        if self.env == "production" and self.postgres_password == _DEVELOPMENT_PASSWORD:
            raise ValueError("KEPIL_POSTGRES_PASSWORD must be set in production: the default is published with the source")
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
