"""The figures of internal monitoring over random histories: those that one counts from the stored facts, and those of a rebuild."""

import json
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from chassis.auth import Role
from chassis.events import Event
from chassis.privacy import personal_fields
from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as of
from services.monitoring import readmodels_figures
from services.monitoring.domain.figures import COUNTED_FACTS, LETTERS, RULINGS, STAGES
from services.monitoring.readmodels_figures import NOTED
from services.monitoring.report.words import LANGUAGES, Words
from services.review import contract as review
from services.visits import contract as visits
from tests.monitoring.histories import Told, sample, store_all
from tests.monitoring.recount_figures import Recount, Stored, told
from tests.monitoring.test_followup_api import Certificates, certificates

__all__ = ["certificates"]

ARTKI = "artki-internal-monitoring"
DAY = timedelta(days=1)
SERVICES = {each.EVENTS.service: each.EVENTS.types.values() for each in (intake, review, visits, council, of)}
CORRECTED_BY: dict[str, type[Any]] = {
    "intake": intake.ApplicationCorrected,
    "review": review.ReportCorrected,
    "visits": visits.VisitCorrected,
    "council": council.ConsiderationCorrected,
}


def facts_of(n: int, r: Random, today: date, agency: str) -> list[Told]:
    """A case in which any of what is noted happened on any day, some of it more than once, some of it put right."""
    found: list[Told] = []
    opening = r.choice([kind for kind, noted in NOTED.items() if noted.opens])
    for service, kinds in SERVICES.items():
        for kind in kinds:
            if kind not in NOTED or (NOTED[kind].opens and kind is not opening) or r.random() < 0.3:
                continue
            for _ in range(r.choice([1, 1, 2])):
                found += _fact(service, kind, f"{agency}-{n}", r, today)
    r.shuffle(found)
    return sorted(found, key=lambda each: each.corrects is not None)


def _fact(service: str, kind: type[Event], case_id: str, r: Random, today: date) -> list[Told]:
    noted, fields = NOTED[kind], kind.model_fields
    changes: dict[str, Any] = {noted.case: case_id, noted.day: today - r.randint(0, 700) * DAY}
    changes |= {name: r.randint(1, 3) for name in ("number", "round") if name in fields and fields[name].annotation is int}
    changes |= {name: r.random() < 0.5 for name in ("upheld", "changed") if name in fields}
    changes |= {name: r.choice(["a", "b"]) for name in ("expert_id", "decision_id", "certificate_id", "appeal_id") if name in fields}
    changes |= {name: "Sealed elsewhere." for name in personal_fields(kind) if name in ("grounds", "reasons")}
    if kind is council.AppealDecided:
        changes["outcome"] = r.choice(["upheld", "remitted", "overturned"])
    stream = (f"{kind.type_name().lower()}", uuid4().hex)
    fact = Told(service, stream, sample(service, kind, **changes))
    if service not in CORRECTED_BY or noted.day not in kind.correctable or r.random() < 0.6:
        return [fact]
    right = {noted.day: (today - r.randint(0, 700) * DAY).isoformat()}
    correction = {"fact": kind.type_name(), "previous": {}, "corrected": right, "version": 1, "corrects": "?"}
    corrected = sample(service, CORRECTED_BY[service], **correction)
    return [fact, Told(service, stream, corrected, corrects=fact)]


def stored(histories: list[list[Told]]) -> list[Stored]:
    """What stands in the tables of events, as JSON."""
    found = []
    for told_ in (each for history in histories for each in history):
        data = json.loads(told_.event.model_dump_json())
        if told_.corrects is not None:
            data["corrects"] = told_.corrects.id[0]
        found.append(Stored(told_.id[0], told_.event.type_name(), data))
    return found


async def figures(of_: Certificates, first: date, last: date) -> dict[str, Any]:
    answer = await of_.http.get("/v1/internal-figures", params={"first": str(first), "last": str(last)}, headers=of_.headers(Role.auditor))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.clause(ARTKI, "2.1.1")
@pytest.mark.clause(ARTKI, "2.2.2")
@pytest.mark.parametrize("seed", [1, 2])
async def test_every_figure_is_the_one_counted_from_the_stored_facts(certificates: Certificates, seed: int) -> None:
    today, agency = certificates.today, certificates.agency
    histories = [facts_of(n, Random(f"{seed}-{n}"), today, agency) for n in range(12)]
    await store_all(certificates.runtime, agency, histories)
    everything = stored(histories)
    for first, last in ((today - 700 * DAY, today), (today - 365 * DAY, today - 100 * DAY), (today, today)):
        counted = Recount(everything, first, last).all()
        assert told(await figures(certificates, first, last)) == counted
    assert len(Recount(everything, today - 700 * DAY, today).all()["stages"]) > 15
    await certificates.served_is_rebuilt(*readmodels_figures.ALL)


async def test_a_period_ends_after_it_began(certificates: Certificates) -> None:
    asked = {"first": "2026-02-01", "last": "2026-01-31"}
    answer = await certificates.http.get("/v1/internal-figures", params=asked, headers=certificates.headers(Role.auditor))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/query/first")


async def test_an_institution_has_no_part_in_what_the_agency_finds_of_itself(certificates: Certificates) -> None:
    asked = {"first": "2026-01-01", "last": "2026-12-31"}
    answer = await certificates.http.get("/v1/internal-figures", params=asked, headers=certificates.headers(Role.institution_officer))
    assert answer.status_code == 403


def test_all_that_is_counted_is_noted_and_nothing_else() -> None:
    noted = {kind.type_name() for kind in NOTED}
    assert noted == COUNTED_FACTS | {kind.type_name() for kind, each in NOTED.items() if each.opens}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_has_a_word_in_every_language(language: str) -> None:
    words = Words(language)
    for name in [*(span.name for span in (*STAGES, *LETTERS)), *RULINGS]:
        assert words(name)
