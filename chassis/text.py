"""Text as people type it: stripped, bounded, without control characters. The limits show in every OpenAPI document."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from chassis.problems import MOST_ERRORS, Invalid

ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
MANY_LINES = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
AGENCY_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def _unix_lines(value: Any) -> Any:
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _iso_day(value: Any) -> Any:
    """Seconds since 1970, which pydantic takes for a date too, are a slip and no day."""
    if type(value) is date or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("a day is written YYYY-MM-DD")


IsoDate = Annotated[date, BeforeValidator(_iso_day)]
Day = Annotated[
    IsoDate,
    Field(ge=date(2000, 1, 1), le=date(2100, 12, 31)),
    WithJsonSchema({"type": "string", "format": "date", "description": "A local day from 2000 to 2100"}),
]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=ONE_LINE)]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000, pattern=MANY_LINES),
    BeforeValidator(_unix_lines),  # last, for it wraps the constraints: before them, they would be checked unstripped
]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$", min_length=1, max_length=100)]
Word = Annotated[str, Field(pattern=r"^[a-z0-9_]{2,60}$", description="A word of the rulebook: of its vocabularies, terms or contents")]
AgencyId = Annotated[str, StringConstraints(pattern=AGENCY_PATTERN, min_length=1, max_length=63)]
InstitutionId = Annotated[str, StringConstraints(pattern=AGENCY_PATTERN, min_length=1, max_length=63)]


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901) as a URI fragment, as RFC 9457 shows it."""
    return "#" + "".join("/" + str(part)[:100].replace("~", "~0").replace("/", "~1") for part in parts)


def check_strings(value: Any) -> None:
    """Invalid if a string of parsed JSON, key or value, has a lone surrogate or a control character other than \\n, \\r, \\t."""
    errors: list[dict[str, str]] = []
    _find(value, (), errors)
    if errors:
        raise Invalid("The body has characters that no text may have.", errors[:MOST_ERRORS])


def _find(value: Any, at: tuple[str | int, ...], errors: list[dict[str, str]]) -> None:
    if isinstance(value, str):
        if not (value.isascii() and value.isprintable()) and _REFUSED.search(value):
            errors.append({"pointer": pointer(*at), "detail": "Control characters and lone surrogates are not allowed."})
    elif isinstance(value, dict):
        for key, item in value.items():
            if _REFUSED.search(key):
                errors.append({"pointer": pointer(*at), "detail": "A name has a control character or a lone surrogate."})
            _find(item, (*at, key), errors)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _find(item, (*at, index), errors)
