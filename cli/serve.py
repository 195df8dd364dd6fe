"""The processes that the supervisor starts: one service, the workflows, the development issuer; and the migration job."""

import asyncio
import inspect
from collections.abc import Awaitable
from importlib import import_module
from typing import Any

SERVICES = ("intake", "review", "visits", "council", "monitoring", "notices")
PROGRAMS = (*SERVICES, "workflows", "console", "traces", "issuer")


def service(name: str) -> Any:
    """The `SERVICE` of one service's wiring."""
    return import_module(f"services.{name}.app").SERVICE


def serve(name: str) -> None:
    """Runs one program until it is asked to stop."""
    if name == "workflows":
        finish(import_module("workflows.app").main())
    elif name == "console":
        finish(import_module("console.app").main())
    elif name == "traces":
        finish(import_module("chassis.spanstore.app").main())
    elif name == "issuer":
        finish(import_module("chassis.issuer").main())
    else:
        from chassis.service import run

        run(service(name))


def migrate() -> dict[str, list[str]]:
    """Databases, migrations and read models of the six services; what was done, by service."""
    from chassis.service import migrate_all

    return asyncio.run(migrate_all([service(name) for name in SERVICES]))


def finish(result: Any) -> Any:
    """The result of a plain or an async main."""
    if not inspect.isawaitable(result):
        return result

    async def whole(awaitable: Awaitable[Any]) -> Any:
        return await awaitable

    return asyncio.run(whole(result))
