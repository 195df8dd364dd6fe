"""The links at the head of every page, by role. An area of views adds its own."""

from dataclasses import dataclass

from chassis.auth import Role
from console.i18n import N_
from console.session import Person

STAFF = frozenset({Role.coordinator, Role.director, Role.auditor})
EVERYBODY: frozenset[Role] = frozenset()
READERS = frozenset(Role) - {Role.operator, Role.service}


@dataclass(frozen=True)
class Entry:
    """One link: `path` without the language; `roles` empty for everybody, signed in or not; small `order` first."""

    path: str
    title: str
    roles: frozenset[Role]
    order: int = 50


ENTRIES = [
    Entry("queue", N_("Work queue"), STAFF | {Role.institution_officer}, 10),
    Entry("institution", N_("Your institution"), frozenset({Role.institution_officer}), 5),
    Entry("webhooks", N_("Webhooks"), STAFF | {Role.institution_officer}, 38),
    Entry("register", N_("Public register"), EVERYBODY, 60),
    Entry("verify", N_("Verify a certificate"), EVERYBODY, 62),
    Entry("calendar", N_("Calendar"), STAFF | {Role.institution_officer, Role.expert, Role.council_member}, 20),
    Entry("monitoring", N_("Follow-up"), STAFF | {Role.institution_officer}, 30),
    Entry("attestation", N_("Attestation"), STAFF | {Role.authorised_body_officer}, 32),
    Entry("internal", N_("Internal monitoring"), STAFF, 34),
    Entry("new", N_("Begin something new"), STAFF | {Role.institution_officer, Role.expert, Role.authorised_body_officer}, 40),
    Entry("meetings", N_("Council"), STAFF | {Role.council_member}, 22),
    Entry("panels", N_("Panels"), STAFF | {Role.institution_officer, Role.expert}, 24),
    Entry("certificates", N_("Certificates"), STAFF | {Role.institution_officer, Role.council_member, Role.authorised_body_officer}, 26),
    Entry("letters", N_("Letters"), STAFF | {Role.institution_officer}, 34),
    Entry("documents", N_("Documents"), READERS, 36),
    Entry("operations/traces", N_("Traces"), frozenset({Role.operator, Role.auditor}), 90),
    Entry("search", N_("Search"), STAFF | {Role.institution_officer}, 15),
    Entry("rulebooks", N_("Rulebooks"), EVERYBODY, 80),
    Entry("api", N_("For developers"), EVERYBODY, 90),
]


def entries(person: Person | None) -> list[Entry]:
    """The links for a person, in their order."""
    shown = [each for each in ENTRIES if not each.roles or (person is not None and person.has(*each.roles))]
    return sorted(shown, key=lambda each: each.order)
