"""What a rulebook of a follow-up says of its visit: who forms the group and of whom, who pays, what the act holds, and under which clause.

What a rulebook lacks is not required. Where it is silent a person decides, and what was decided is recorded.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from chassis.problems import Refused
from regulations import Cited, Rulebook, enforces
from regulations.values import Section
from services.visits.contract import GroupMember
from services.visits.domain.dates import LENGTH, VISITING, Rules, check_length, clause_of

AAKR, SAPATTUU = "aakr-monitoring-2024", "sapattuu-bilim-monitoring"

GROUP = "monitoring_panel"
FORMER = "accreditation_panel_member"
DIRECTOR = "director"
REPORTS = ("visit_act", "visit_report")
ORDER = "panel_order"
NOTICE = "visit_notice"
AGREEMENT = "visit_agreement"
COUNTED = "case_officer_counted"
ONE_MORE = "four_with_case_officer"

#: Flags: the register of the accreditation does not say it, a person does.
FORMER_STATED, OFFICER_STATED = "former_member_stated", "case_officer_stated"


def group_clause(book: Rulebook) -> str:
    """The clause on the group: of its composition, else of the visit."""
    composition = book.compositions.get(GROUP)
    return clause_of(composition) if composition else visiting_clause(book)


def visiting_clause(book: Rulebook) -> str:
    """The clause on the visit itself."""
    return _first(book.stage(*VISITING))


def notice_clause(book: Rulebook) -> str | None:
    """The clause by which the institution is told of the group; None where the rulebook has no such step."""
    found = book.stage(NOTICE)
    return clause_of(found) if found else None


def agreement_clause(book: Rulebook) -> str | None:
    """The clause by which both sides agree to the days; None where the rulebook has no such step."""
    found = book.stage(AGREEMENT, NOTICE)
    return clause_of(found) if found else None


def agrees_group(book: Rulebook) -> str | None:
    """The clause by which both sides agree to the group with the days; None where the institution is only told of it."""
    found = book.competences.get("visit_terms")
    return clause_of(found) if found and found.decided_by == "parties" else None


def order_clause(book: Rulebook) -> str | None:
    """The clause by which an order approves group and days; None where none is asked for."""
    found = book.documents.get(ORDER)
    return clause_of(found) if found else None


def officer_clause(book: Rulebook) -> str | None:
    """The clause on the referent at the head of the group; None where the rulebook does not speak of him."""
    found = book.settings.get(COUNTED)
    return clause_of(found) if found else None


def conflict_clause(book: Rulebook) -> str:
    """Where one would look for conflicts of interest of the group."""
    return _first(book.settings.get("panel_conflict_of_interest"), book.compositions.get(GROUP), book.stage(*VISITING))


def report_clause(book: Rulebook) -> str:
    """The clause on the act or report on the visit."""
    return _first(*(book.documents.get(name) for name in REPORTS), book.stage(*VISITING))


@enforces(SAPATTUU, "2.6.s2")
def check_visited(kind: str | None, book: Rulebook) -> None:
    """Refused for a kind of accreditation that the rulebook visits never: the papers of a visit are required for other kinds alone."""
    papers = [book.documents[name] for name in REPORTS if name in book.documents and book.documents[name].required_for]
    if kind is None or not papers or any(kind in paper.required_for for paper in papers):
        return
    entry = book.vocabularies.get("kinds", {}).get(kind)
    raise Refused(
        f"no visit is provided for where the accreditation is {entry.names.en if entry else kind}",
        clause=_of_no_visit(book, clause_of(entry) if entry else report_clause(book)),
        rulebook=book.id,
        accepts="a monitoring without a visit",
    )


def _of_no_visit(book: Rulebook, clause: str) -> str:
    """The sentence on the visit stands last in the clause of the kind."""
    place = clause.rpartition(".")[0]
    return next((each for each in reversed(list(book.clauses)) if place and each.startswith(f"{place}.")), clause)


@enforces(AAKR, "II.4.h")
@enforces(SAPATTUU, "2.11.p1.s1")
def must_form(by_director: bool, book: Rulebook) -> None:
    """Refused for anybody but the director where the rulebook has the director form the group."""
    composition = book.compositions.get(GROUP)
    if composition and composition.formed_by == DIRECTOR and not by_director:
        raise Refused("the director forms the group", clause=clause_of(composition), rulebook=book.id, accepts="the act of the director")


@enforces(SAPATTUU, "2.8", "2.11.p1.s1", "2.11.p1.s2")
def check_group(members: Sequence[GroupMember], case_officer: str | None, book: Rulebook) -> tuple[str, ...]:
    """As many experts as the rulebook says, of whom enough sat in the commission of the accreditation; answers with the flags.

    The referent goes beside them, unless the agency counts him among them.
    """
    composition = book.compositions.get(GROUP)
    least, most = (composition.minimum, composition.maximum) if composition else (None, None)
    least = least or _asked_for(book)
    counted = case_officer is not None and book.setting_if_any(COUNTED) is True
    size = len(members) + counted
    if size < (least or 1) or (most is not None and size > most):
        raise Refused(
            f"the group would have {size} members",
            clause=group_clause(book),
            rulebook=book.id,
            accepts=f"a group of {least or 1} to {most}" if most else f"a group of at least {least or 1}",
        )
    _check_former(members, book)
    beyond = case_officer is not None and not counted and most is not None and size + 1 > most
    if beyond and book.setting_if_any(ONE_MORE) == "refused":
        raise Refused(
            f"the group would have {size + 1} persons with the referent",
            clause=clause_of(book.settings[ONE_MORE]),
            rulebook=book.id,
            accepts=f"a group of at most {most}, the referent among them",
        )
    return (ONE_MORE,) if beyond else ()


def _asked_for(book: Rulebook) -> int | None:
    chosen = book.setting_if_any("panel_size_minimum")
    return chosen if isinstance(chosen, int) else None


def _check_former(members: Sequence[GroupMember], book: Rulebook) -> None:
    composition = book.compositions.get(GROUP)
    wanted = composition.requires.get(FORMER) if composition else None
    found = sum(member.former_member for member in members)
    if wanted and found < wanted.at_least:
        raise Refused(
            f"{found} of the group took part in the accreditation",
            clause=clause_of(wanted),
            rulebook=book.id,
            accepts=f"at least {wanted.at_least}: {wanted.names.en}",
        )


@enforces(SAPATTUU, "2.11.p2")
def check_days(starts_on: date, ends_on: date, rules: Rules) -> None:
    """The visit lasts as long as the rulebook says, if it does."""
    check_length(starts_on, ends_on, rules)


def stay_clause(book: Rulebook) -> str:
    """The clause on the days of a visit: of their number, else of the visit itself."""
    return _first(book.ranges.get(LENGTH), book.stage(*VISITING))


@enforces(SAPATTUU, "2.10")
def check_payer(payer: str, book: Rulebook) -> None:
    """Refused for another than the one who bears the costs, where the rulebook or the agency's setting says who does."""
    chosen, costs = book.setting_if_any("visit_paid_by"), book.settings.get("visit_costs")
    clause = _first(book.settings.get("visit_paid_by"), costs)
    bears = chosen or (book.clauses[clause].actor if costs else None)
    if bears is not None and payer != bears:
        raise Refused(
            f"the costs of the visit are borne by: {bears}, and not by: {payer}",
            clause=clause,
            rulebook=book.id,
            accepts=f"an invoice to: {bears}",
        )


def sections(book: Rulebook) -> Mapping[str, Section]:
    """The sections of the act or report on the visit; none where the rulebook does not prescribe them."""
    return next((book.contents[name] for name in REPORTS if name in book.contents), {})


def written(book: Rulebook) -> tuple[str, ...]:
    """The sections that the text itself names, and so nobody may leave out."""
    return tuple(word for word, section in sections(book).items() if section.kind == "text")


def _first(*cited: Cited | None) -> str:
    return next((clause_of(each) for each in cited if each and each.clause), "")
