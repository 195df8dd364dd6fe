"""The tables of `migrations/`, for queries. They are no read models: what was sent, and what came of it, no event can tell again."""

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

_AT = DateTime(timezone=True)

deliveries = Table(
    "webhook_deliveries",
    MetaData(),
    Column("agency", Text, primary_key=True),
    Column("delivery_id", Text, primary_key=True),
    Column("event_id", Text),
    Column("endpoint_id", Text),
    Column("institution_id", Text),
    Column("type", Text),
    Column("case_id", Text),
    Column("body", Text),
    Column("status", Text),
    Column("attempts", Integer),
    Column("http_status", Integer),
    Column("trouble", Text),
    Column("next_at", _AT),
    Column("created_at", _AT),
    Column("ended_at", _AT),
)

attempts = Table(
    "webhook_attempts",
    MetaData(),
    Column("agency", Text, primary_key=True),
    Column("delivery_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", _AT),
    Column("url", Text),
    Column("request_headers", JSONB),
    Column("body_sha256", Text),
    Column("address", Text),
    Column("http_status", Integer),
    Column("response", Text),
    Column("duration_ms", Integer),
    Column("trouble", Text),
)

public_keys = Table(
    "webhook_secrets",
    MetaData(),
    Column("agency", Text, primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("endpoint_id", Text),
    Column("public_key", Text),
)

health = Table(
    "webhook_health",
    MetaData(),
    Column("agency", Text, primary_key=True),
    Column("endpoint_id", Text, primary_key=True),
    Column("failing_since", _AT),
    Column("failures", Integer),
)
