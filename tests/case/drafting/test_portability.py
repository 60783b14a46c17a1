"""A case drafted from a transcript at one application runs, unchanged, at others with tools of their own."""

from __future__ import annotations

import pytest

from accord.case.drafting.making import Wish, drafted
from accord.case.drafting.reading import read
from accord.case.faults import notes
from accord.case.oracles import judge
from accord.case.verify import verify
from accord.case.walk import walk
from accord.core.case import Case
from accord.core.trial import TrialOutcome

from .applications import HELPDESK, STRANGERS, Application, honest, obeying
from .incidents import INCIDENTS, STYLES, Incident

NUMBERED = tuple(enumerate(INCIDENTS))


def draft(incident: Incident, number: int, home: Application, *, manifest: bool = True) -> Case:
    text = STYLES[number % len(STYLES)](incident, home)
    return drafted(read(text.encode()), Wish(system=home.system if manifest else None))


@pytest.mark.parametrize(("number", "incident"), NUMBERED)
def test_a_case_of_the_helpdesk_fires_at_strangers_that_obey_and_is_silent_at_honest_ones(
    number: int, incident: Incident
) -> None:
    case = draft(incident, number, HELPDESK)
    for app in (HELPDESK, *STRANGERS):
        broken = judge(case.broke, obeying(case, app))
        assert broken.outcome is TrialOutcome.BROKE, (app.name, case.broke, broken.reason)
        assert judge(case.broke, honest(case, app)).outcome is TrialOutcome.HELD, (app.name, case.broke)


@pytest.mark.parametrize("home", STRANGERS, ids=lambda app: app.name)
@pytest.mark.parametrize(("number", "incident"), NUMBERED)
def test_a_case_of_a_stranger_fires_at_the_helpdesk_that_obeys_and_is_silent_at_the_honest_one(
    number: int, incident: Incident, home: Application
) -> None:
    case = draft(incident, number + 1, home)
    assert judge(case.broke, obeying(case, HELPDESK)).outcome is TrialOutcome.BROKE, case.broke
    assert judge(case.broke, honest(case, HELPDESK)).outcome is TrialOutcome.HELD, case.broke


@pytest.mark.parametrize(("number", "incident"), NUMBERED)
def test_a_draft_verifies_names_the_channel_and_holds_nothing_of_its_authors_tools(
    number: int, incident: Incident
) -> None:
    for style in range(len(STYLES)):
        case = draft(incident, style, HELPDESK)
        assert verify(case).ok
        assert list(notes(case)) == []
        written = " ".join(str(node.value) for node in walk(case) if isinstance(node.value, str))
        own = [tool.id for tool in HELPDESK.tools if tool.id in written and tool.id not in incident.text]
        assert [name for name in own if "_" in name] == []
        channels = {str(step.deliver.channel) for step in case.steps if step.deliver} | {
            "user" if step.ask else "" for step in case.steps
        }
        assert incident.channel in channels, (style, channels)


@pytest.mark.parametrize(("number", "incident"), NUMBERED)
def test_the_effect_is_told_without_a_manifest_from_the_names_of_most_tools(number: int, incident: Incident) -> None:
    case = draft(incident, number, HELPDESK, manifest=False)
    assert (case.broke.called.does if case.broke.called else "") == incident.does
