"""Answers of the public register: entries, facets, the history of an entry."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from chassis.citations import Citation
from chassis.documents import Document
from services.council.schemas_certificates import State


class RegisterProgramme(BaseModel):
    """A programme that a certificate covers."""

    code: str
    name: str
    qf_ehea_cycle: str | None


class RegisterEntry(BaseModel):
    """What the public may know of an accreditation (order 109, p. 9.10, 24; IQAA, S3.f.2), as it stood on the day that was asked about.

    A certificate that was recorded from outside has no decision here; a revoked one is off the list (Sapattuu Bilim, 3.3.c) and shown only
    where `state=revoked` or its number is asked for.
    """

    agency: str
    certificate_id: str = Field(description="With the agency its name for ever: `/v1/register/{agency}/{certificate_id}`")
    number: str
    institution_id: str
    institution_names: dict[str, str] | None
    city: str | None
    country: str | None
    deqar_id: str | None
    eter_id: str | None
    national_id: str | None
    scopes: list[str]
    programmes: list[RegisterProgramme] | None
    object: str | None
    programme: str | None
    kind: str | None
    level: str | None
    decision: str | None
    decided_on: date | None
    issued_on: date
    valid_from: date
    valid_until: date
    state: State
    suspended_on: date | None
    suspended_until: date | None
    ended_on: date | None
    end_ground: str | None
    revoked_on: date | None
    reissued_from: str | None
    reissued_as: str | None
    extends: str | None
    extended_as: str | None
    rulebook_id: str
    report: Document | None
    report_published_on: date | None
    report_address: str | None
    entered_on: date


class Facet(BaseModel):
    """One value and how many entries have it."""

    value: str
    entries: int
    names: dict[str, str] | None = Field(None, description="Of an agency: how it calls itself on its letterhead, by language")


class Facets(BaseModel):
    """How many entries there are of each sort; `exact` is false where there are more than are counted."""

    entries: int
    exact: bool
    facets: dict[str, list[Facet]]


Happening = Literal[
    "decided", "published", "entered", "set_aside", "issued", "recorded", "suspended", "restored", "revoked", "ended", "expired", "followed"
]


class RegisterStep(BaseModel):
    """One step in the public history of an entry: on which day what happened, to which scope, and what is known of it."""

    on: date
    what: Happening
    scope: str | None = None
    told: dict[str, Any] = {}


class RegisterEntryDetail(RegisterEntry):
    """An entry with its history up to the day that is asked about, the published report to download, and the clauses of the register."""

    as_of: date
    agency_names: dict[str, str] = Field({}, description="How the agency calls itself on its letterhead, by language")
    report_path: str | None = Field(description="Where council gives out the published report, if the agency keeps its bytes here")
    history: list[RegisterStep]


class NationalRegisterLetter(BaseModel):
    """What the body that keeps the national register is to be told of a certificate, by the regulation under which it stands.

    `removal` of a revoked one, else `entry`. `told_on` and `outgoing_number`: as it was told already.
    """

    what: Literal["entry", "removal"]
    kept_by: str | None = Field(description="Who keeps it, in the rulebook's word")
    register_names: dict[str, str] | None
    clauses: list[Citation]
    quote: dict[str, str] = Field(description="The words of the clause, by language")
    told_on: date | None
    outgoing_number: str | None
    entry: RegisterEntry
