"""The timeline of a case as people read it: what happened, who did it, by which clause, with which documents. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from console import labels
from console.i18n import N_
from regulations.rulebook import Rulebook

#: What writes without a person.
PROGRAM = N_("Kepil itself")
PUBLIC = N_("somebody from the public")


@dataclass(frozen=True)
class Entry:
    """One event. `actor` is a subject, or one of the names above, which is to be translated (`by_name`)."""

    id: str
    title: str
    at: str
    actor: str
    by_name: bool
    roles: tuple[str, ...]
    clauses: tuple[Mapping[str, str], ...]
    documents: tuple[Mapping[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    service: str
    name: str
    version: int


def entries(items: Iterable[Mapping[str, Any]], language: str, *, reverse: bool = False) -> list[Entry]:
    """The events of a timeline, in the order given. What many of them have in common, a clause and a rulebook, is looked up once."""

    @cache
    def clause(rulebook: str | None, name: str) -> Mapping[str, str]:
        return _clause(name, rulebook, language)

    @cache
    def book(rulebook: str) -> Rulebook | None:
        return next(iter(labels.books(rulebook)), None)

    found = [_entry(item, language, clause, book) for item in items]
    return found[::-1] if reverse else found


def _entry(
    item: Mapping[str, Any],
    language: str,
    clause: Callable[[str | None, str], Mapping[str, str]],
    book: Callable[[str], Rulebook | None],
) -> Entry:
    rulebook = item.get("rulebook")
    subject = item.get("actor") or ""
    program = subject.startswith(("workflow:", "service:"))
    actor = PROGRAM if program else PUBLIC if subject == "public" else subject
    return Entry(
        id=f"e-{item['event_id']}",
        title=labels.event(item["name"], language, item["service"]),
        at=item["occurred_at"],
        actor=actor,
        by_name=program or subject == "public",
        roles=tuple(item.get("roles") or ()),
        clauses=tuple(clause(rulebook, each["id"]) for each in item.get("clauses") or ()),
        documents=tuple(item.get("documents") or ()),
        facts=tuple(_facts(item.get("data") or {}, language, book(rulebook) if rulebook else None)),
        service=item["service"],
        name=item["name"],
        version=item["version"],
    )


def _clause(clause: str, rulebook: str | None, language: str) -> Mapping[str, str]:
    """A clause with its wording and the language of that."""
    text, written = labels.quoted(rulebook, clause, language)
    return {"id": clause, "text": text, "language": written}


def _facts(data: Mapping[str, Any], language: str, book: Rulebook | None) -> Iterable[tuple[str, str]]:
    """What an event says in single words, where the words are known; ids and hashes are not for reading."""
    for name, value in data.items():
        if not labels.known_field(name) or name.endswith("_id") or name in ("sha256", "rulebook_version"):
            continue
        if isinstance(value, str) and value and value != "[sealed]":
            yield labels.field(name, language), labels.value(name, value, language, book)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield labels.field(name, language), str(value)


def of_history(items: Iterable[Mapping[str, Any]], service: str) -> list[dict[str, Any]]:
    """Entries of a service's own history, in the shape of the timeline: for whoever may not read that."""
    return [
        {
            "event_id": f"{service}-{item['version']}",
            "service": service,
            "name": item["type"],
            "version": item["version"],
            "occurred_at": item["occurred_at"],
            "actor": item.get("actor"),
            "clauses": item.get("clauses"),
            "data": item.get("data"),
        }
        for item in items
    ]
