"""Personal data sealed with a key for each subject. To forget a subject is to lose its key: what it sealed stays unreadable.

A field is marked `Annotated[ShortText, Personal("expert_id")]`: personal data of the subject whose id that field holds.
"""

import os
import time
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, GetJsonSchemaHandler, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

Json = dict[str, Any]

FORGOTTEN = "[forgotten]"
SEALED = "[sealed]"
_MARK = "$sealed"


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks a field of text as personal data of the subject named in the field `subject_field` beside it."""

    subject_field: str

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Json:
        """Within `sealed_schemas` as it is published: sealed, and null where it may be."""
        told = handler.resolve_ref_schema(handler(core))
        if not _sealed_schemas.get():
            return told
        absent = [each for each in told.get("anyOf", ()) if each.get("type") == "null"]
        return {
            "description": f"Personal data of `{self.subject_field}`: sealed for everybody but the service itself",
            "anyOf": [SEALED_SCHEMA, {"const": FORGOTTEN}, *absent],
            **({"default": told["default"]} if "default" in told else {}),
        }


_sealed_schemas: ContextVar[bool] = ContextVar("sealed_schemas", default=False)


@contextmanager
def sealed_schemas() -> Iterator[None]:
    """JSON schemas that are made within tell personal fields as readers of events get them, not as the service itself reads them."""
    token = _sealed_schemas.set(True)
    try:
        yield
    finally:
        _sealed_schemas.reset(token)


#: The shape of a sealed value on its way.
SEALED_SCHEMA: Json = {
    "type": "object",
    "properties": {
        _MARK: {
            "type": "object",
            "properties": {
                "subject": {"type": "string"},
                "v": {"const": 1},
                "nonce": {"type": "string", "contentEncoding": "base64"},
                "data": {"type": "string", "contentEncoding": "base64"},
            },
            "required": ["subject", "v", "nonce", "data"],
        }
    },
    "required": [_MARK],
}


class SubjectForgotten(LookupError):
    """The subject's key was deleted; it gets no other."""


class SealBroken(ValueError):
    """The sealed value was changed, or belongs to another key, subject or field."""


class SubjectKeys(Protocol):
    """Where the keys of subjects live: 32 bytes for each (agency, subject)."""

    async def get_or_create(self, agency: str, subject: str) -> bytes:
        """The subject's key, made if there is none; SubjectForgotten."""

    async def get(self, agency: str, subject: str) -> bytes | None:
        """The subject's key; None if it was forgotten or never made here."""

    async def forget(self, agency: str, subject: str) -> None:
        """Deletes the key for good."""


class KeyRing:
    """Keys seen lately by this process, over where they live. Another process's `forget` is noticed after `ttl_seconds`."""

    def __init__(self, keys: SubjectKeys, *, ttl_seconds: float = 60.0, size: int = 10_000) -> None:
        self._keys = keys
        self._ttl = ttl_seconds
        self._size = size
        self._seen: OrderedDict[tuple[str, str], tuple[float, bytes | None]] = OrderedDict()

    async def get_or_create(self, agency: str, subject: str) -> bytes:
        """The subject's key, made if there is none; SubjectForgotten."""
        seen = self._seen.get((agency, subject))
        if seen is not None and seen[1] is not None and seen[0] > time.monotonic():
            return seen[1]
        key = await self._keys.get_or_create(agency, subject)
        self._remember(agency, subject, key)
        return key

    async def get(self, agency: str, subject: str) -> bytes | None:
        """The subject's key; None if it was forgotten or never made here."""
        seen = self._seen.get((agency, subject))
        if seen is not None and seen[0] > time.monotonic():
            return seen[1]
        key = await self._keys.get(agency, subject)
        self._remember(agency, subject, key)
        return key

    async def forget(self, agency: str, subject: str) -> None:
        """Deletes the key for good."""
        self._seen.pop((agency, subject), None)
        await self._keys.forget(agency, subject)
        self._remember(agency, subject, None)

    def _remember(self, agency: str, subject: str, key: bytes | None) -> None:
        self._seen[agency, subject] = (time.monotonic() + self._ttl, key)
        self._seen.move_to_end((agency, subject))
        if len(self._seen) > self._size:
            self._seen.popitem(last=False)


def seal(key: bytes, subject: str, field_name: str, plaintext: str) -> Json:
    """The text under AES-256-GCM, bound to its subject and field: moved elsewhere it does not open."""
    nonce = os.urandom(12)
    data = AESGCM(key).encrypt(nonce, plaintext.encode(), _bound_to(subject, field_name))
    return {_MARK: {"subject": subject, "v": 1, "nonce": b64encode(nonce).decode(), "data": b64encode(data).decode()}}


def open_sealed(key: bytes, field_name: str, sealed: Json) -> str:
    """The text of a sealed value; SealBroken if key, subject, field or data is not the one it was sealed with."""
    try:
        inner = sealed[_MARK]
        if inner["v"] != 1:
            raise SealBroken(f"unknown seal version {inner['v']}")
        nonce, data = b64decode(inner["nonce"], validate=True), b64decode(inner["data"], validate=True)
        return AESGCM(key).decrypt(nonce, data, _bound_to(inner["subject"], field_name)).decode()
    except (InvalidTag, KeyError, TypeError, ValueError) as error:
        raise SealBroken(f"the value of {field_name} does not open") from error


def _bound_to(subject: str, field_name: str) -> bytes:
    return f"{len(subject)}:{subject}{field_name}".encode()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What of a model is personal: its own fields with their subject's field, and fields that hold models with some."""

    personal: tuple[tuple[str, str], ...]
    nested: tuple[tuple[str, type[BaseModel]], ...]


@cache
def _plan(model_type: type[BaseModel]) -> _Plan | None:
    return _plan_of(model_type, ())


def _plan_of(model_type: type[BaseModel], above: tuple[type[BaseModel], ...]) -> _Plan | None:
    personal: list[tuple[str, str]] = []
    nested: list[tuple[str, type[BaseModel]]] = []
    for name, field in model_type.model_fields.items():
        marks = [mark for mark in field.metadata if isinstance(mark, Personal)]
        if marks:
            _check(model_type, name, field, marks[0])
            personal.append((name, marks[0].subject_field))
            continue
        if any(isinstance(part, Personal) for part in _parts(field.annotation)):
            raise TypeError(f"{model_type.__name__}.{name}: Personal marks a whole field, not a part of its type")
        for inner in _models_in(field.annotation):
            if inner not in above and _plan_of(inner, (*above, model_type)):
                nested.append((name, inner))
    return _Plan(tuple(personal), tuple(nested)) if personal or nested else None


def _check(model_type: type[BaseModel], name: str, field: FieldInfo, mark: Personal) -> None:
    where = f"{model_type.__name__}.{name}"
    if mark.subject_field not in model_type.model_fields:
        raise TypeError(f"{where} is personal data of {mark.subject_field!r}, which is no field of the model")
    adapter: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
    for placeholder in (FORGOTTEN, SEALED):
        try:
            adapter.validate_python(placeholder)
        except ValidationError as error:
            raise TypeError(f"{where} is personal data and must accept {placeholder!r}") from error


def _parts(annotation: Any) -> list[Any]:
    return [annotation, *(part for argument in get_args(annotation) for part in _parts(argument))]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    return [part for part in _parts(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]


def has_personal(model_type: type[BaseModel]) -> bool:
    """Whether the model, or a model in it, has personal data."""
    return _plan(model_type) is not None


def personal_fields(model_type: type[BaseModel]) -> frozenset[str]:
    """The fields of a model that are personal data or hold some."""
    plan = _plan(model_type)
    return frozenset(name for name, _ in (*plan.personal, *plan.nested)) if plan else frozenset()


async def seal_fields(model_type: type[BaseModel], data: Json, *, agency: str, keys: SubjectKeys) -> Json:
    """A copy of `data` with its personal fields sealed, `[forgotten]` for a forgotten subject; `data` itself if none."""
    plan = _plan(model_type)
    return data if plan is None else await _seal(plan, data, agency, keys)


async def _seal(plan: _Plan, data: Json, agency: str, keys: SubjectKeys) -> Json:
    sealed = dict(data)
    for name, subject_field in plan.personal:
        value = data.get(name)
        if value is None:
            continue
        subject = data.get(subject_field)
        if not isinstance(subject, str) or not subject:
            raise ValueError(f"{name} is personal data, but {subject_field} names no subject")
        try:
            sealed[name] = seal(await keys.get_or_create(agency, subject), subject, name, value)
        except SubjectForgotten:
            sealed[name] = FORGOTTEN
    for name, inner in plan.nested:
        inner_plan = _plan(inner)
        if inner_plan is not None and name in data:
            sealed[name] = await _seal_within(inner_plan, data[name], agency, keys)
    return sealed


async def _seal_within(plan: _Plan, value: Any, agency: str, keys: SubjectKeys) -> Any:
    if isinstance(value, dict):
        if any(name in value for name, _ in plan.personal) or any(name in value for name, _ in plan.nested):
            return await _seal(plan, value, agency, keys)
        return {name: await _seal_within(plan, item, agency, keys) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [await _seal_within(plan, item, agency, keys) for item in value]
    return value


async def open_fields(model_type: type[BaseModel], data: Json, *, agency: str, keys: SubjectKeys | None) -> Json:
    """A copy of `data` with everything sealed in it opened, in older shapes of the type too; `data` itself if the type has none.

    A forgotten value reads `[forgotten]`; one that does not open, or all of them where `keys` is None, `[sealed]`.
    """
    if _plan(model_type) is None:
        return data
    opened = await _open("", data, agency, keys)
    return opened if isinstance(opened, dict) else data


async def _open(name: str, value: Any, agency: str, keys: SubjectKeys | None) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_MARK}:
            return await _open_one(name, value, agency, keys)
        return {key: await _open(key, item, agency, keys) for key, item in value.items()}
    if isinstance(value, list):
        return [await _open(name, item, agency, keys) for item in value]
    return value


async def _open_one(name: str, sealed: Json, agency: str, keys: SubjectKeys | None) -> str:
    subject = sealed[_MARK].get("subject") if isinstance(sealed[_MARK], dict) else None
    if keys is None or not isinstance(subject, str):
        return SEALED
    key = await keys.get(agency, subject)
    if key is None:
        return FORGOTTEN
    try:
        return open_sealed(key, name, sealed)
    except SealBroken:
        return SEALED
