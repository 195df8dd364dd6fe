"""What may be chosen in a form: words of the rulebook, people and things that a service lists, what stands in the resource itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console import labels
from console.fields import Member
from regulations.rulebook import Rulebook

#: More than these are not listed: the id is typed.
MOST = 300


@dataclass(frozen=True)
class Option:
    """One of what may be chosen; `group` is what it is listed under."""

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True)
class Listed:
    """Where the things that an id may name are listed. `shown` are the members that tell one from another."""

    service: str
    path: str
    id: str
    shown: tuple[str, ...] = ("names", "name", "title", "number", "subject")
    also: tuple[str, ...] = ()
    query: tuple[tuple[str, str], ...] = ()


_EXPERTS = Listed("visits", "/v1/experts", "expert_id")
_STAFF = Listed("monitoring", "/v1/staff", "staff_id", query=(("works", "true"),))
_INSTITUTIONS = Listed("intake", "/v1/institutions", "institution_id", also=("city",))

#: By the member's name, or by `Schema.member` where it is something else there.
LISTS: Mapping[str, Listed] = {
    "institution_id": _INSTITUTIONS,
    "affiliations": _INSTITUTIONS,
    "CertificateEnding.successor_id": _INSTITUTIONS,
    "Succession.successor_id": _INSTITUTIONS,
    "expert_id": _EXPERTS,
    "attended": _EXPERTS,
    "signed_by": _EXPERTS,
    "experts": _EXPERTS,
    "leader_id": _EXPERTS,
    "panel": _EXPERTS,
    "NewPanel.chair_id": _EXPERTS,
    "PanelStatement.chair_id": _EXPERTS,
    "NewCommission.chair_id": _EXPERTS,
    "CommissionChange.chair_id": _EXPERTS,
    "CommissionChange.left": _EXPERTS,
    "NewRecheckCommission.chair_id": _EXPERTS,
    "NewJointCommission.chair_id": _EXPERTS,
    "NewJointCommission.member_id": _EXPERTS,
    "staff_id": _STAFF,
    "analysed_by": _STAFF,
    "controlled_by": _STAFF,
    "held_by": _STAFF,
    "NewGeneralMeeting.attendance": _STAFF,
    "NewGeneralMeeting.chair": _STAFF,
    "NewTraining.attendance": _STAFF,
    "NewCommissionChange.left": _STAFF,
    "NewActivity.responsible": _STAFF,
    "NewImprovement.responsible": _STAFF,
    "NewMeasureMove.responsible": _STAFF,
    "council_id": Listed("council", "/v1/councils", "council_id", shown=("composed_on",), also=("rulebook_id",)),
    "meeting_id": Listed("council", "/v1/meetings", "meeting_id", shown=("held_on",), also=("protocol_number",)),
    "agenda": Listed("council", "/v1/considerations", "case_id", shown=("case_id",), also=("institution_id", "stage")),
    "NewCertificate.case_id": Listed("council", "/v1/considerations", "case_id", shown=("case_id",), also=("institution_id", "outcome")),
    "NewComplaint.case_id": Listed("council", "/v1/considerations", "case_id", shown=("case_id",), also=("institution_id",)),
    "case_id": Listed("intake", "/v1/applications", "case_id", shown=("number", "case_id"), also=("institution_id", "filed_on")),
    "certificate_id": Listed("council", "/v1/certificates", "certificate_id", shown=("number",), also=("institution_id", "state")),
    "renews_certificate_id": Listed(
        "council", "/v1/certificates", "certificate_id", shown=("number",), also=("institution_id", "valid_until")
    ),
    "decision_id": Listed("council", "/v1/resolutions", "decision_id", shown=("adopted_on", "opened_on"), also=("institution_id",)),
    "attestation_id": Listed("intake", "/v1/attestations", "attestation_id", shown=("starts_on",), also=("institution_id", "kind")),
    "proposal_id": Listed("intake", "/v1/attestation-proposals", "proposal_id", shown=("first_year",), also=("proposed_on",)),
    "followup_id": Listed("monitoring", "/v1/follow-ups", "followup_id", shown=("number",), also=("institution_id",)),
    "cycle_id": Listed("monitoring", "/v1/internal-cycles", "cycle_id", shown=("year",), also=("stage",)),
    "sample_id": Listed("monitoring", "/v1/case-samples", "sample_id", shown=("sample_id",)),
}

#: Ids that name something which stands in the resource itself, under the same name or another.
WITHIN: Mapping[str, tuple[str, ...]] = {
    "measure_id": ("measure_id",),
    "recommendation_id": ("recommendation_id",),
    "unmet": ("measure_id",),
    "link_id": ("link_id",),
    "removes": ("finding_id",),
    "learner_id": ("learner_id",),
    "request": ("number",),
    "present": ("member_id",),
    "counted_by": ("member_id",),
    "presided_by": ("member_id",),
    "recused": ("member_id",),
    "secretary": ("member_id",),
    "CompositionChange.left": ("member_id",),
    "Recusal.member_id": ("member_id",),
    "scope": ("scope",),
    "NewAppeal.scopes": ("scope",),
}
#: The procedure whose rulebooks a command is about, where it names one itself.
PROCEDURES: Mapping[str, str] = {
    "file_application": "accreditation",
    "adopt_standards": "accreditation",
    "adopt_rulebook": "accreditation",
    "compose_council": "accreditation",
    "receive_blanks": "accreditation",
    "choose_procedure": "post_accreditation_monitoring",
    "record_certificate": "post_accreditation_monitoring",
    "adopt_internal_monitoring": "internal_monitoring",
    "enter_subject": "attestation",
    "set_interim_control_limit": "attestation",
    "propose_attestation_schedule": "attestation",
    "approve_attestation_schedule": "attestation",
    "schedule_attestation": "attestation",
}
#: By command: the document of a rulebook whose parts are the papers that it takes, each under its own word.
PAPERS: Mapping[str, str] = {"prepare_materials": "council_package", "send_materials": "panel_preparation"}
#: The commands that take what an application needs; to no other do these documents belong.
APPLYING = frozenset({"file_application", "attach_document"})
_TELLING = ("names", "name", "title", "measure", "text", "activity", "group", "what", "scope")


def wanted(members: Iterable[Member]) -> Iterator[Member]:
    """Every member that something may be chosen for."""
    for member in members:
        for each in member.walk():
            if each.kind in ("line", "choice", "choices", "list", "map", "document", "integer"):
                yield each


def listed(member: Member) -> Listed | None:
    """Where the things that a member names are listed."""
    return LISTS.get(member.key) or (LISTS.get(member.name) if member.key not in WITHIN else None)


def from_rulebooks(member: Member, books: Sequence[Rulebook], language: str) -> list[Option]:
    """The words that the rulebooks have for a member: once what all of them have, the others under the title of theirs."""
    if not _is_word(member):
        return []
    titles = {book.id: str(getattr(book.title, language)) for book in books}
    found: dict[tuple[str, str], list[str]] = {}
    for book in books:
        for name in _vocabularies(member):
            for word, named in labels.vocabulary(book, name).items():
                label = named[language] if isinstance(named, Mapping) else labels.value(member.name, word, language, book)
                of = found.setdefault((word, label), [])
                if book.id not in of:
                    of.append(book.id)
    return [
        Option(word, label, "" if len(of) == len(titles) else " · ".join(titles[each] for each in of))
        for (word, label), of in found.items()
    ]


def _vocabularies(member: Member) -> Sequence[str]:
    choices: Mapping[str, Sequence[str]] = labels.words("choices")  # type: ignore[assignment]
    return choices.get(member.key) or choices.get(member.name) or ()


def is_named(member: Member) -> bool:
    """Whether the rulebooks have the words for a member, though one of them may have none."""
    return bool(_vocabularies(member))


def of_document(books: Sequence[Rulebook], language: str, command: str) -> list[Option]:
    """What a document of a command may be by the rulebooks; nothing where they have no word for it."""
    named: dict[str, Any] = {}
    for book in books:
        named |= book.contents.get(PAPERS.get(command, ""), {})
        others = command not in APPLYING and book.procedure == "accreditation"
        named |= {word: each for word, each in book.documents.items() if not (others and each.required_for) and word not in named}
    return [Option(word, str(getattr(each.names, language))) for word, each in named.items()]


def _is_word(member: Member) -> bool:
    """Whether a member takes words that programs read, and no free text."""
    of = member.item or member if member.kind == "list" else member
    return member.kind == "map" or (of.pattern or "").startswith("^[a-z")


def enumerated(member: Member, language: str) -> list[Option]:
    """The words of an enumeration of the service's own."""
    return [
        Option(word, labels.enumerated(member.name, word, language) or labels.value(member.name, word, language)) for word in member.words
    ]


def of_items(where: Listed, items: Iterable[Mapping[str, Any]], language: str, told: Mapping[str, str] | None = None) -> list[Option]:
    """Options of a list that a service has answered; `told` has names of institutions."""
    return [Option(str(each[where.id]), _label(each, where, language, told or {})) for each in items if where.id in each]


def _label(item: Mapping[str, Any], where: Listed, language: str, told: Mapping[str, str]) -> str:
    main = next((_text(item[name], language) for name in where.shown if item.get(name)), str(item[where.id]))
    more = [told.get(str(item[name]), _text(item[name], language)) for name in where.also if item.get(name)]
    return " · ".join([main, *more])


def _text(value: Any, language: str) -> str:
    if isinstance(value, Mapping):
        return str(value.get(language) or next(iter(value.values()), ""))
    return labels.value("", value, language) if isinstance(value, str) else str(value)


def within(member: Member, resource: Any, language: str) -> list[Option]:
    """What stands in the resource itself and may be named."""
    names = WITHIN.get(member.key) or WITHIN.get(member.name)
    if names is None or (member.key in LISTS):
        return []
    if names in (("scope",),):
        found = _scopes(resource)
        return [Option(each, each) for each in found]
    objects = {str(each[name]): each for name in names for each in _objects(resource) if each.get(name) is not None}
    return [Option(key, _telling(each, key, language)) for key, each in objects.items()]


def _telling(item: Mapping[str, Any], key: str, language: str) -> str:
    said = next((_text(item[name], language) for name in _TELLING if item.get(name)), "")
    return f"{key} · {said[:80]}" if said and said != key else key


def _objects(found: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(found, Mapping):
        yield found
        for each in found.values():
            yield from _objects(each)
    elif isinstance(found, list):
        for each in found:
            yield from _objects(each)


def _scopes(resource: Any) -> list[str]:
    given = resource.get("scopes", []) if isinstance(resource, Mapping) else []
    return [str(each.get("scope", each) if isinstance(each, Mapping) else each) for each in given]
