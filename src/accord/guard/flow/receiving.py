"""Whether an argument for somebody may be filled at all: the user speaks of whom it means, and keeps out none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from accord.guard.flow.calling import excluded
from accord.guard.flow.forms import typed
from accord.guard.flow.lexicon import Slot, lexicon, name_words
from accord.guard.flow.scene import Scene
from accord.guard.flow.shapes import mails
from accord.guard.flow.values import Value

_COPIED: Final = frozenset({"copy", "copied", "kopie", "copie", "copia", "kopia"})
_ABOUT: Final = frozenset({"address", "info", "information", "details", "profile"})  # of anything
_WITH: Final = frozenset({"with", "invite", "mit", "avec", "con", "com", "met"})


def may_receive(scene: Scene, value: Value) -> bool:
    """Tell whether a receiver, or file, has the form that is asked for, and is nobody whom the user keeps out."""
    form = value.text.strip()
    if value.sink.slot is Slot.PATH:
        return not mails(form) and not _somebody(scene, form)
    whenever = form.casefold() in lexicon().small["relative"]  # `Wednesday`
    return not form or (typed(value) and not whenever and not excluded(scene.wish, form))


def _somebody(scene: Scene, form: str) -> bool:
    """Tell whether a name is no file's: the user writes it as somebody's, and files otherwise."""
    named = not any(letter.isdigit() or letter in "./\\" for letter in form)
    return named and bool(scene.wish.files) and scene.wish.proper.issuperset(form.casefold().split())


def speaks_of(scene: Scene, value: Value) -> bool:
    """Tell whether the user left this argument to the source: the tool cannot do without, or the user names it."""
    if value.sink.required:
        return True
    kin = lexicon().things.get(value.sink.name, frozenset({value.sink.name, *name_words(value.sink.name)} - {"to"}))
    kin = kin | _COPIED if value.sink.name == "cc" else kin - _ABOUT
    return bool(kin & scene.wish.words)


def of_another_page(scene: Scene, place: int, values: Sequence[Value]) -> bool:
    """Tell whether a page is not the one that bears the name of whom the call is about: `Ann (www.ann.example)`."""
    pages = [one.text.casefold() for one in scene.values(place) if one.sink.slot is Slot.URL]
    names = [one.text.strip().casefold() for one in values if one.sink.slot is Slot.RECIPIENT and one.text.isalpha()]
    theirs = [name for name in names if any(name in url.partition("/")[0] for url in scene.wish.urls)]
    return bool(pages) and any(not any(name in page for page in pages) for name in theirs)


def invited(scene: Scene, value: Value) -> bool:
    """Tell whether the user speaks of anybody whom an argument that may be left out could mean."""
    return speaks_of(scene, value) or bool(scene.wish.words & _WITH) or scene.wish.instructs
