"""What every refusal must look like (RFC 9457)."""

from typing import Any

import httpx


def problem(answer: httpx.Response, *statuses: int, slug: str | None = None) -> dict[str, Any]:
    """The problem document of an answer of one of these statuses; the assertion tells what came instead."""
    said = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:500]}"
    assert answer.status_code in statuses, f"expected {statuses}; {said}"
    assert answer.headers["content-type"] == "application/problem+json", said
    document: dict[str, Any] = answer.json()
    for member in ("type", "title", "detail", "instance"):
        assert isinstance(document.get(member), str), f"{member} is missing; {said}"
    assert document["type"] == "about:blank" or document["type"].startswith("urn:kepil:problem:"), said
    assert document["title"], said
    assert document["status"] == answer.status_code, said
    assert answer.headers["cache-control"] == "no-store", said
    if slug is not None:
        assert document["type"] == f"urn:kepil:problem:{slug}", said
    return document
