"""What a cycle of internal monitoring has collected by now: for its own acts and for its report."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from chassis.context import Context
from services.monitoring.readmodels_gathering import document_analyses, focus_groups, interviews, survey_answers, surveys


@dataclass(frozen=True)
class Gathered:
    """`uses` by words of `collection_methods` and `additional_means`, zeros left out; `reached` are groups that were heard, staff too."""

    uses: dict[str, int]
    reached: frozenset[str]


async def gathered(ctx: Context, cycle_id: str) -> Gathered:
    """By method and group. A survey reaches a group once somebody of it has answered; a talk reaches it by being held."""
    asked = await ctx.rows(select(surveys.c.survey_id, surveys.c.additional).where(surveys.c.cycle_id == cycle_id))
    heard = await ctx.rows(select(survey_answers.c.answered_by).where(survey_answers.c.cycle_id == cycle_id).distinct())
    talks = await ctx.rows(select(interviews.c.group_word).where(interviews.c.cycle_id == cycle_id))
    groups = await ctx.rows(select(focus_groups.c.groups).where(focus_groups.c.cycle_id == cycle_id))
    read = await ctx.rows(select(document_analyses.c.analysis_id).where(document_analyses.c.cycle_id == cycle_id))
    uses = Counter("stakeholder_survey" if row["additional"] else "survey" for row in asked)
    uses += Counter({"interview": len(talks), "focus_group": len(groups), "document_analysis": len(read)})
    reached = {row["answered_by"] for row in heard} | {row["group_word"] for row in talks} | {g for row in groups for g in row["groups"]}
    return Gathered(dict(uses), frozenset(reached))
