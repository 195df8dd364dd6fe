"""Identifiers: time-ordered for what is new, derived for what must come out the same again."""

from uuid import UUID, uuid5

import uuid_utils

_NAMESPACE = UUID("6b657069-6c00-5b6b-8f4e-6b6570696c21")


def new_id() -> str:
    """A UUIDv7: ids made later sort later."""
    return str(uuid_utils.uuid7())


def derived_id(*parts: str) -> str:
    """A UUIDv5 of the parts: the same parts give the same id, and no joining of parts imitates other parts."""
    if not parts:
        raise ValueError("an id is derived from at least one part")
    return str(uuid5(_NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts)))
