"""What the state of a report alone says against a step, whatever its body: asked before every decision, and of every detail that tells
which steps are open."""

from dataclasses import replace
from datetime import date

from chassis.decider import Guard
from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.review.domain.questions import (
    IQAA,
    ORDER_109,
    audit_needed,
    clause_of,
    media,
    missing_forms,
    missing_parts,
    needed_step,
)
from services.review.domain.standing import must_be_open
from services.review.domain.state import Form, Report

_IN_WORK = ("opened", "submitted", "examined", "rework", "finalising")
_DONE = ("final", "accepted")


def form(name: Form) -> Guard:
    """A form is received once, where the rulebook asks for it."""

    def receipt(state: Report, rules: Rulebook) -> None:
        must_be_open(state)
        if name not in media(rules):
            raise Conflict(f"{rules.id} asks for no {name} form of a report: its versions are submitted")
        if name in state.forms:
            raise Conflict(f"the {name} form of the report was received already")

    return receipt


@enforces(ORDER_109, "9.4", "13")
def review(state: Report, rules: Rulebook) -> None:
    """A review needs the report in both forms, and happens once."""
    must_be_open(state)
    needed_step(rules, "report_review")
    missing = missing_forms(state, rules)
    if missing:
        raise Refused(
            f"the report is not in on {' and '.join(missing)}: it is reviewed when every form is there",
            clause=clause_of(rules.vocabulary("report_media")[missing[0]]),
            rulebook=rules.id,
            accepts=f"the receipt of the {' and the '.join(missing)} form, then the review",
        )
    if state.stage != "received":
        raise Conflict("the report is reviewed already")


@enforces(ORDER_109, "9.5")
def recommendations(state: Report, rules: Rulebook) -> None:
    """Recommendations follow the review, and go out once."""
    must_be_open(state)
    asked = needed_step(rules, "recommendations")
    if state.stage == "recommended":
        raise Conflict("the recommendations on this report are issued already")
    if state.stage != "reviewed":
        raise Refused(
            "recommendations rest on the review, and the report is not reviewed yet",
            clause=clause_of(asked),
            rulebook=rules.id,
            accepts="the review of the report first",
        )


@enforces(IQAA, "S1.e")
def outline(state: Report, _rules: Rulebook) -> None:
    """The agency's word until a final version is in."""
    must_be_open(state)
    if state.stage not in _IN_WORK or (state.stage == "submitted" and state.number > 1):
        raise Conflict("the version to be accepted is in: its outline stays the one that it was written by")


def version(state: Report, rules: Rulebook) -> None:
    """A first version, and after it one for each examination that was answered."""
    must_be_open(state)
    needed_step(rules, "first_version")
    if state.stage in _DONE:
        raise Conflict(f"version {state.number} is the final one: there is nothing to rework")
    if state.stage in ("submitted", "examined"):
        raise Refused(
            f"version {state.number} is with the agency: what it found is not sent yet",
            clause=clause_of(needed_step(rules, "examination_results")),
            rulebook=rules.id,
            accepts=f"the results of the examination of version {state.number}, then version {state.number + 1}",
        )


@enforces(IQAA, "S1.f.1", "S1.f.2")
def examination(state: Report, rules: Rulebook) -> None:
    """Every version may be examined, in as many rounds as the rulebook allows."""
    must_be_open(state)
    asked = needed_step(rules, "technical_examination")
    if state.stage == "opened":
        raise Refused(
            "there is no version of the report to examine",
            clause=clause_of(asked),
            rulebook=rules.id,
            accepts="the first version of the report, then its examination",
        )
    if state.stage != "submitted":
        raise Conflict(f"version {state.number} is examined already")
    limit = rules.setting_if_any("examination_rounds")
    if isinstance(limit, int) and state.rounds >= limit:
        raise Refused(
            f"a report is examined {limit} times at most",
            clause=clause_of(rules.settings["examination_rounds"]),
            rulebook=rules.id,
            accepts=f"the acceptance of version {state.number}",
        )


@enforces(IQAA, "S1.f.2")
def results(state: Report, rules: Rulebook) -> None:
    """The results of each examination are sent, once, after it."""
    must_be_open(state)
    asked = needed_step(rules, "examination_results")
    if state.stage in ("opened", "submitted"):
        raise Refused(
            "there are no results to send: the newest version is not examined",
            clause=clause_of(asked),
            rulebook=rules.id,
            accepts="the technical examination first",
        )
    if state.stage != "examined":
        raise Conflict(f"the results on version {state.number} are sent already")


@enforces(IQAA, "S1.g")
def final_version(state: Report, rules: Rulebook) -> None:
    """Where no rework was needed the examined version may be submitted as final, unless the rulebook wants a new one; annexes alone are
    added to it."""
    must_be_open(state)
    final = needed_step(rules, "final_version")
    if state.stage in _DONE:
        raise Conflict(f"version {state.number} is the final one already")
    if state.stage != "finalising":
        raise Refused(
            "no examination has found that the report needs no rework",
            clause=clause_of(final),
            rulebook=rules.id,
            accepts="a reworked version with its annexes" if state.stage == "rework" else "the results of the examination first",
        )
    if rules.setting_if_any("final_version_without_rework") == "new_version_required":
        raise Refused(
            "the final version is a new one, even where no rework was needed",
            clause=clause_of(rules.settings["final_version_without_rework"]),
            rulebook=rules.id,
            accepts=f"version {state.number + 1} with its annexes",
        )
    must_be_whole(replace(state, annexed=True), rules)


@enforces(IQAA, "S1.e", "S1.f.1", "S1.g")
def acceptance(state: Report, rules: Rulebook) -> None:
    """A final version is accepted that was examined before, has every part and every section, and waits for nothing."""
    must_be_open(state)
    final = needed_step(rules, "final_version")
    if state.stage == "accepted":
        raise Conflict("the report is accepted already")
    if not _is_final(state, rules):
        raise Refused(
            "no final version is in",
            clause=clause_of(needed_step(rules, "technical_examination") if state.rounds == 0 else final),
            rulebook=rules.id,
            accepts=_what_is_left(state),
        )
    must_be_whole(state, rules)


def _is_final(state: Report, rules: Rulebook) -> bool:
    if state.stage == "finalising":
        return rules.setting_if_any("final_version_without_rework") == "nothing_resubmitted"
    return state.stage == "final" or (state.stage == "submitted" and state.rounds > 0)


def _what_is_left(state: Report) -> str:
    """What the institution or the agency still has to do before a version can be final."""
    steps = {
        "opened": "the first version of the report",
        "submitted": "the technical examination of the first version",
        "examined": "the results of the examination, sent to the institution",
        "rework": "the reworked version with its annexes",
    }
    return f"{steps.get(state.stage or '', 'the final version, submitted with its annexes')}; then the acceptance"


@enforces(IQAA, "S1.h")
def audit(state: Report, rules: Rulebook) -> None:
    """Held once, in the kinds of case that have one, after the final version unless the rulebook lets it come before."""
    must_be_open(state)
    asked = needed_step(rules, "preliminary_audit")
    if audit_needed(state, rules) is False:
        raise Refused(
            f"a case of the kind {state.kind} has no preliminary audit",
            clause=clause_of(asked),
            rulebook=rules.id,
            accepts=f"a preliminary audit {asked.when.en}" if asked.when else None,
        )
    if state.audited_on is not None:
        raise Conflict(f"the preliminary audit was held on {state.audited_on} already")
    must_follow_final(None, state, rules)


def must_follow_final(held_on: date | None, state: Report, rules: Rulebook) -> None:
    """An audit comes after the final version, where the rulebook has it so; with None, one that is still to come."""
    if rules.setting_if_any("preliminary_audit_when") != "after_final_version":
        return
    if state.final_on is None or (held_on is not None and held_on < state.final_on):
        raise Refused(
            "the preliminary audit comes after the final version of the report",
            clause=clause_of(rules.settings["preliminary_audit_when"]),
            rulebook=rules.id,
            accepts=f"{state.final_on} or a later day" if state.final_on else "a day after the final version has come in",
        )


@enforces(IQAA, "S1.e", "S1.g")
def must_be_whole(state: Report, rules: Rulebook) -> None:
    """A first version may have gaps, which the examination finds; a later one has every part, its annexes among them."""
    missing = missing_parts(state, rules)
    if missing:
        words = "; ".join(part for part, _ in missing)
        raise Refused(
            f"the version lacks: {words}",
            clause=missing[0][1],
            rulebook=rules.id,
            accepts=f"a version with: {words}",
            missing=[part for part, _ in missing],
        )
