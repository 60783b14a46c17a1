"""An error says what happened, what to do, where, and which page explains it."""

from __future__ import annotations

import pytest

from accord.core import errors
from accord.core.errors import AccordError
from accord.core.finding import Place

ALL = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, AccordError)]


def test_an_error_carries_everything_that_people_need() -> None:
    where = Place(path="accord.yaml", line=3)
    error = AccordError("it broke", code="ACC-E101", hint="mend it", where=where)
    assert (str(error), error.message, error.code) == ("it broke", "it broke", "ACC-E101")
    assert (error.hint, error.where) == ("mend it", where)


def test_hint_and_place_may_be_left_out() -> None:
    error = AccordError("it broke", code="ACC-E101")
    assert (error.hint, error.where) == ("", None)


@pytest.mark.parametrize("kind", ALL)
def test_every_error_of_ours_is_caught_at_the_root_and_lies_two_deep_at_most(kind: type[AccordError]) -> None:
    with pytest.raises(AccordError, match="it broke"):
        raise kind("it broke", code="ACC-E101")
    assert kind.__mro__.index(AccordError) <= 2


def test_tampering_is_a_failure_of_records() -> None:
    assert issubclass(errors.TamperError, errors.RecordError)
    assert not issubclass(errors.TargetError, errors.RecordError)


def test_an_error_needs_a_code() -> None:
    with pytest.raises(TypeError, match="code"):
        AccordError("it broke")  # type: ignore[call-arg]  # the point


def test_an_error_keeps_its_cause() -> None:
    with pytest.raises(errors.ManifestError) as caught:
        try:
            int("below")
        except ValueError as below:
            raise errors.ManifestError("above", code="ACC-E101") from below
    assert isinstance(caught.value.__cause__, ValueError)
