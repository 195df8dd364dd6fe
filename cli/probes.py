"""Whether a part answers: each check speaks the part's own protocol and says yes or no, never raises."""

import asyncio
from urllib.parse import urlsplit

_PATIENCE = 3.0


async def http_ok(url: str) -> bool:
    """GET answers 200."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                path = parts.path or "/"
                query = f"?{parts.query}" if parts.query else ""
                writer.write(f"GET {path}{query} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
                status = (await reader.readline()).split(b" ", 2)
                return len(status) > 1 and status[1] == b"200"
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return False


async def postgres_ok(url: str) -> bool:
    """A session answers a query."""
    import asyncpg

    try:
        async with asyncio.timeout(_PATIENCE):
            connection = await asyncpg.connect(url, timeout=_PATIENCE)
            try:
                return bool(await connection.fetchval("SELECT true"))
            finally:
                connection.terminate()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


async def temporal_ok(address: str) -> bool:
    """The frontend's gRPC health check says serving."""
    from temporalio.service import ConnectConfig, RPCError, ServiceClient

    try:
        async with asyncio.timeout(_PATIENCE):
            client = await ServiceClient.connect(ConnectConfig(target_host=address))
            return await client.check_health()
    except (OSError, TimeoutError, RuntimeError, RPCError):
        return False


async def register_search_attributes(address: str, namespace: str, attributes: dict[str, str]) -> None:
    """Makes what is missing; RPCError if the server does not allow it."""
    from temporalio.api.enums.v1 import IndexedValueType
    from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
    from temporalio.service import ConnectConfig, RPCError, RPCStatusCode, ServiceClient

    client = await ServiceClient.connect(ConnectConfig(target_host=address))
    for name, kind in attributes.items():
        value = IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")
        request = AddSearchAttributesRequest(namespace=namespace, search_attributes={name: value})
        try:
            await client.operator_service.add_search_attributes(request)
        except RPCError as error:
            if error.status is not RPCStatusCode.ALREADY_EXISTS and "already exists" not in error.message:
                raise
