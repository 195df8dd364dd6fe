"""The external report as a submission object of DEQAR's Submission API v2: one report of one institution (IQAA, S3.g).

Kepil says what it knows. Whether the procedure is obligatory there, where the file can be fetched and its language, a programme's degree
outcome are not known here: a person adds them.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from chassis.problems import Refused
from regulations import RulebookRef, resolve
from services.council.domain.aftermath import DEQAR, INSTITUTION
from services.council.domain.clauses import adopts, outcomes
from services.council.schemas_remedies import (
    DeqarActivity,
    DeqarFile,
    DeqarIdentifier,
    DeqarInstitution,
    DeqarLink,
    DeqarProgramme,
    DeqarReport,
)

DATE_FORMAT = "%Y-%m-%d"
CYCLES = {"short_cycle": "short cycle", "first_cycle": "first cycle", "second_cycle": "second cycle", "third_cycle": "third cycle"}

Row = dict[str, Any]


def report_of(agency: str, consideration: Row, *, case: Row, institution: Row, after: Row, certificate: Row) -> DeqarReport:
    """The submission object of a decided case; Refused before the decision, and where the rulebook knows no DEQAR.

    A report has one decision there: of a case decided in part the programmes with the outcome of the case are named.
    """
    rules = resolve(RulebookRef.model_validate(consideration["rulebook"]))
    register = rules.registers.get(DEQAR)
    if register is None:
        accepts = f"one of its registers: {', '.join(rules.registers)}"
        raise Refused("the rulebook knows no DEQAR", clause=adopts(rules), rulebook=rules.id, accepts=accepts)
    if consideration["adopted_on"] is None:
        accepts = "the export once the council has decided"
        raise Refused("the council has not decided the case", clause=register.clause or adopts(rules), rulebook=rules.id, accepts=accepts)
    decided = [each["scope"] for each in consideration["decisions"] if each["outcome"] == consideration["outcome"]]
    report = consideration["report"]
    return DeqarReport(
        agency=agency,
        local_identifier=consideration["case_id"],
        activities=[DeqarActivity(local_identifier=case.get("kind") or INSTITUTION)],
        decision="positive" if consideration["outcome"] == outcomes(rules).positive else "negative",
        valid_from=consideration["adopted_on"].strftime(DATE_FORMAT),
        valid_to=_valid_to(certificate),
        date_format=DATE_FORMAT,
        report_links=[DeqarLink(link=after["address"], link_display_name=agency)] if after.get("address") else None,
        report_files=[DeqarFile(display_name=report["name"])] if report else None,
        institutions=[_institution(agency, consideration["institution_id"], institution)],
        programmes=[_programme(agency, each) for each in case.get("programmes") or () if f"programme:{each['code']}" in decided] or None,
    )


def table(reports: Sequence[DeqarReport]) -> list[list[str]]:
    """The submission objects as rows of DEQAR's CSV form, the headings first: `programme[2].identifier[1]`."""
    rows = [dict(_flat(report.model_dump(exclude_none=True))) for report in reports]
    headings = list(dict.fromkeys(heading for row in sorted(rows, key=len, reverse=True) for heading in row))
    headings.sort(key=lambda heading: _PLACES.index(heading.partition("[")[0]))  # stable
    return [headings, *([row.get(heading, "") for heading in headings] for row in rows)]


#: The columns of the form that Kepil fills, in the form's order.
_PLACES = (
    *("agency", "local_identifier", "activity_local_identifier", "decision", "summary", "valid_from", "valid_to", "date_format"),
    *("link", "link_display_name", "file", "institution", "programme"),
)
_SINGULAR = {"institutions": "institution", "programmes": "programme", "report_files": "file"}


def _flat(report: Row) -> Iterator[tuple[str, str]]:
    for name, value in report.items():
        if not isinstance(value, list):
            yield name, str(value)
    for number, each in enumerate(report["activities"], 1):
        yield f"activity_local_identifier[{number}]", each["local_identifier"]
    for number, each in enumerate(report.get("report_links", ()), 1):
        yield from ((f"{heading}[{number}]", each[heading]) for heading in ("link", "link_display_name"))
    for name, singular in _SINGULAR.items():
        for number, each in enumerate(report.get(name, ()), 1):
            place = f"{singular}[{number}]"
            yield from ((f"{place}.{key}", value) for key, value in each.items() if key != "identifiers")
            for count, known in enumerate(each.get("identifiers", ()), 1):
                yield from ((f"{place}.{key}[{count}]", value) for key, value in known.items())


def _valid_to(certificate: Row) -> str | None:
    """Its last day; of one that was revoked or ended the day before it was, or DEQAR would show it as valid."""
    if not certificate:
        return None
    day = timedelta(days=1)
    over = [each - day for each in (certificate.get("revoked_on"), certificate.get("ended_on")) if each]
    return str(min([certificate["valid_until"], *over]).strftime(DATE_FORMAT))


def _institution(agency: str, institution_id: str, known: Row) -> DeqarInstitution:
    """By DEQAR's identifier, by ETER's, by the national one; by the agency's own where none of them is known."""
    country = known.get("country") or ""
    others = [DeqarIdentifier(identifier=known["national_id"], resource=f"{country}-ETER.NatID")] if known.get("national_id") else []
    if not others and not known.get("deqar_id") and not known.get("eter_id"):
        others = [DeqarIdentifier(identifier=institution_id, resource=agency)]
    return DeqarInstitution(deqar_id=known.get("deqar_id"), eter_id=known.get("eter_id"), identifiers=others or None)


def _programme(agency: str, known: Row) -> DeqarProgramme:
    identifiers = [DeqarIdentifier(identifier=known["code"], resource=agency)]
    level: Any = CYCLES.get(known.get("qf_ehea_cycle") or "")
    return DeqarProgramme(identifiers=identifiers, name_primary=known["name"], qf_ehea_level=level)
