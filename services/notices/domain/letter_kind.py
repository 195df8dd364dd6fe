"""What a kind of letter is, and the rulebooks by which letters are written."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

KZ, KZ_ATTESTATION = "kz-109-2008-accreditation", "kz-109-2008-attestation"
IQAA, AAKR, SAPAT, ARTKI = "iqaa-accreditation", "aakr-monitoring-2024", "sapattuu-bilim-monitoring", "artki-internal-monitoring"

#: Whom an institution's officer reads letters to: the others are the agency's with somebody else.
ITS_OWN = ("institution", "institution_community")

Chooses = Callable[[Any, str], tuple[str, ...]]


@dataclass(frozen=True)
class LetterKind:
    """One kind of letter. `facts` are fields of the event, `name=field` where the letter calls it otherwise.

    `day` is the field by which it is dated: without one it is the day on which the event happened. `when` sees the event, `chooses` of the
    clauses those that this event is about.
    """

    name: str
    on: str
    day: str | None = None
    facts: tuple[str, ...] = ()
    clauses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    to: str = "institution"
    sender: str = "agency"
    when: Callable[[Any], bool] | None = None
    chooses: Chooses | None = None

    def taken(self) -> Iterator[tuple[str, str]]:
        """The facts as (name, field)."""
        for each in self.facts:
            name, _, of = each.partition("=")
            yield name, of or name

    def cites(self, event: Any, rulebook: str) -> tuple[str, ...]:
        """The clauses of a rulebook by which this letter is owed."""
        found = self.clauses.get(rulebook, ())
        chosen = self.chooses(event, rulebook) if self.chooses else found
        return tuple(each for each in found if each in chosen)
