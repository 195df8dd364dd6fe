"""Letters made of the samples of events, as notices receives them: what is personal is sealed."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from chassis.events import Event
from chassis.privacy import SEALED
from regulations import Rulebook, load
from services.notices.consumers import SOURCES
from services.notices.contract import EVENTS, LetterDrawnUp, LetterheadSet, LetterInstitution, LetterSource
from services.notices.domain.letter_facts import taken
from services.notices.domain.letter_kind import LetterKind
from services.notices.domain.letter_kinds import KINDS

SAMPLES = Path(__file__).parent.parent / "contract" / "events"
CATALOGUES = {each.service: each for each in (*SOURCES, EVENTS)}
AT = datetime(2026, 11, 21, 9, 8, 7, 654321, tzinfo=UTC)
PRACTICE = "kz-109-2008-accreditation"

INSTITUTION = LetterInstitution(
    institution_id="kaznu",
    names={
        "ky": "Казак улуттук университети",
        "kk": "Қазақ ұлттық университеті",
        "ru": "Казахский национальный университет",
        "en": "Kazakh National University",
    },
    city="Алматы",
)
HEAD = LetterheadSet(
    names={"ky": "Сапат агенттиги", "kk": "Сапа агенттігі", "ru": "Агентство качества", "en": "Quality Agency"},
    addresses={"ky": "Бишкек ш.", "kk": "Алматы қ.", "ru": "г. Алматы", "en": "Almaty"},
    contacts="office@example.org",
    signatory_posts={"ky": "Директор", "kk": "Директор", "ru": "Директор", "en": "Director"},
    signatory_id="director",
    signatory_name="Ә. Қыдырәліқызы",
    set_at=AT,
)


def _sealed(value: object) -> object:
    if isinstance(value, dict):
        return SEALED if "$sealed" in value else {name: _sealed(each) for name, each in value.items()}
    return [_sealed(each) for each in value] if isinstance(value, list) else value


@cache
def sample_events(on: str) -> tuple[Event, ...]:
    """Every sample of `<service>.<EventType>`."""
    service, name = on.split(".")
    files = sorted((SAMPLES / service).glob(f"{name}.v*.json"))
    versions = [int(file.name.split(".")[1].removeprefix("v")) for file in files]
    return tuple(
        CATALOGUES[service].parse(name, version, _sealed(json.loads(file.read_text())))  # type: ignore[arg-type]
        for file, version in zip(files, versions, strict=True)
    )


def of_kind(kind: LetterKind) -> Iterator[Event]:
    """The samples upon which a kind is written."""
    for event in sample_events(kind.on):
        if kind.when is None or kind.when(event):
            yield event
        elif "changed" in type(event).model_fields:  # one sample stands for both
            yield event.model_copy(update={"changed": not event.changed})  # type: ignore[attr-defined]


def fits(event: Event, book: Rulebook) -> bool:
    """Whether a sample is of a matter under a rulebook, as far as it says."""
    rulebook = getattr(event, "rulebook", None)
    if rulebook is not None:
        return bool(rulebook.id == book.id)
    return getattr(event, "ground", None) != "reorganisation" or "register_changes" in book.vocabularies or "schedule" in book.registers


def letter(kind: LetterKind, event: Event, rulebook: str) -> LetterDrawnUp:
    """The letter of a kind upon an event."""
    book = load(rulebook)
    return LetterDrawnUp(
        letter_id="5f0a3c52-7e41-5b0f-a6c3-1f2b4d5e6a70",
        kind=kind.name,
        year=2026,
        number=17,
        dated_on=date(2026, 11, 21),
        source=LetterSource(event_id="e-1", type=kind.on, stream="s-1", version=1, occurred_at=AT),
        addressee=kind.to,
        institution=INSTITUTION,
        case_id="c-1",
        rulebook=book.ref,
        clauses=kind.cites(event, rulebook),
        letterhead_version=1,
        facts=taken(kind, event),
        drawn_up_at=AT,
    )


def every_letter() -> Iterator[LetterDrawnUp]:
    """Each kind under each of its rulebooks, upon each sample that fits; one that fits none goes under the first."""
    for kind in KINDS.values():
        for rulebook in kind.clauses or (PRACTICE,):
            events = list(of_kind(kind))
            fitting = [event for event in events if fits(event, load(rulebook))]
            yield from (letter(kind, event, rulebook) for event in fitting)
