"""The way of a case as its rulebook has it: which stages there are, who is waited for in each, what has a term, what follows a decision."""

from collections.abc import Iterable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.monitoring import contract as monitoring

BODY, INSTITUTION, COMMISSION, COUNCIL = "accreditation_body", "institution", "expert_commission", "accreditation_council"

#: Who is waited for in stages that a rulebook leaves to both sides or to nobody; else its own actor of the stage is shown.
_WAITED_FOR = {
    "contract": INSTITUTION,
    "self_assessment": INSTITUTION,
    "recommendations": BODY,
    "visit_announcement": BODY,
    "visit_preparation": COMMISSION,
    "visit": COMMISSION,
    "visit_report": COMMISSION,
    "council": COUNCIL,
}

#: The register of the body's own into which a certificate is entered.
SITE_LIST = "body_site_list"

#: What a case of one rulebook knew without asking: the procedure of those that began before there were two.
FORMER_STAGES = (
    "contract",
    "self_assessment",
    "report_submission",
    "report_review",
    "recommendations",
    "visit",
    "council_materials",
    "council_consideration",
    "decision",
    "report_publication",
)
FORMER_TERMS = ("overall", "visit_report", "report_publication", "certificate_issue", "register_notice", "refusal_notice")


class Way:
    """A procedure, asked in the words of the lifecycles."""

    def __init__(self, procedure: monitoring.Procedure) -> None:
        self._procedure = procedure
        self.phases = procedure.phases
        self.channels = procedure.channels

    @classmethod
    def former(cls, outcomes: monitoring.Outcomes) -> "Way":
        """Of a case that began before procedures were asked for; the report is published whatever was decided."""
        follows: dict[str, tuple[str, ...]] = dict.fromkeys(outcomes.certified, ("full_report", "certificate", "register_notice"))
        follows |= dict.fromkeys(outcomes.refused, ("full_report", "refusal_notice"))
        return cls(monitoring.Procedure(stages=FORMER_STAGES, terms=FORMER_TERMS, follows=follows, channels={SITE_LIST: ()}))

    def has(self, stage: str) -> bool:
        """Whether the procedure has this stage."""
        return stage in self._procedure.stages

    def times(self, rule: str) -> bool:
        """Whether the procedure gives this a term."""
        return rule in self._procedure.terms

    def shown(self, *names: str) -> tuple[str, str]:
        """The first of these that is a stage of the procedure, else the last; and who is waited for in it."""
        stage = next((name for name in names if self.has(name)), names[-1])
        return stage, _WAITED_FOR.get(stage) or self._procedure.actors.get(stage, BODY)

    def acted(self, *names: str) -> tuple[str, str]:
        """As `shown`, with the rulebook's own actor of the stage."""
        stage = next((name for name in names if self.has(name)), names[-1])
        return stage, self._procedure.actors.get(stage, "")

    def follows(self, words: Iterable[str]) -> set[str]:
        """What follows from any of these words of the decisions."""
        return {what for word in words for what in self._procedure.follows.get(word, ())}

    def bound_to(self, words: Iterable[str]) -> dict[str, set[str]]:
        """Of what follows, that which is about certain scopes alone."""
        return {word: set(self._procedure.about[word]) for word in words if word in self._procedure.about}

    def after_recheck(self, what: str) -> tuple[str, ...]:
        """The verdicts of a check of what was found wanting from which this follows."""
        return tuple(word for word, follows in sorted(self._procedure.verdicts.items()) if what in follows)

    def after(self, stage: str) -> tuple[str, ...]:
        """The stages behind this one."""
        stages = self._procedure.stages
        return stages[stages.index(stage) + 1 :] if stage in stages else stages
