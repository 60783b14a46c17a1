"""Values that stand in a table and are not the ones meant: in another list, in another row, or excepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from accord.guard.flow.lexicon import Slot, lexicon, name_words
from accord.guard.flow.limits import bounds_in, excluded_words
from accord.guard.flow.matching import MOST_ROWS, lists_such, meant, rows_of_kin, said_of
from accord.guard.flow.rows import read_rows
from accord.guard.flow.scene import Scene, Value
from accord.guard.flow.tables import Table, bare_name, factors, kindred, one_form, words_of
from accord.guard.flow.tools import Facts

_STARTS: Final = frozenset({"from", "old", "current", "source", "src"})


def of_another_list(scene: Scene, place: int, value: Value, facts: Facts) -> bool:
    """Tell whether a source has a list of what an argument names, and the value stands in another list of it."""
    source = scene.seen[place].facts
    rows = read_rows(scene.seen[place].output)[:MOST_ROWS]
    groups = {row.group for row in rows}
    if source is None or len(groups) < 2:
        return False
    kinds = {one_form(word) for word in bare_name(value.sink.name)} - lexicon().small["idlike"]
    own = {group for group in groups if kinds & {one_form(word) for word in name_words(group)}}
    table = Table(rows, source, facts, scene.wish.own)
    return bool(own) and not any(row.group in own and table.holds(row, value) for row in rows)


def kept_out(scene: Scene, place: int, value: Value, facts: Facts) -> bool:
    """Tell whether every row of a source that has a value shows what the user excepts: `all but that of Kessler`."""
    out, seen = excluded_words(scene.wish.own), scene.seen[place]
    if not out or seen.facts is None:
        return False
    rows = read_rows(seen.output)[:MOST_ROWS]
    table = Table(rows, seen.facts, facts, scene.wish.own)
    shown = [words_of(row) for row in rows]
    counts = Counter(word for words in shown for word in words)
    telling = frozenset(word for word in out if counts[word] < len(rows))
    holding = [at for at, row in enumerate(rows) if table.holds(row, value)]
    return bool(holding) and all(shown[at] & telling for at in holding)


def conditioned(scene: Scene, place: int) -> bool:
    """Tell whether the user says which of a source's records they mean: by a limit, an exception, or `whose`."""
    if bounds_in(scene.wish.own) or scene.wish.words & lexicon().small["whose"]:
        return True
    out = excluded_words(scene.wish.own)
    return bool(out) and any(out & words_of(row) for row in read_rows(scene.seen[place].output)[:MOST_ROWS])


def another_meant(scene: Scene, value: Value, facts: Facts) -> bool:
    """Tell whether a value stands in a table of which the user means another row."""
    for seen in scene.seen:
        if seen.facts is None or seen.facts.opaque or value.text not in seen.output:
            continue
        rows = read_rows(seen.output)[:MOST_ROWS]
        table = Table(rows, seen.facts, facts, scene.wish.own)
        holding = [at for at, row in enumerate(rows) if table.holds(row, value)]
        kin = rows_of_kin(rows, holding)
        picked = (
            meant(scene, [rows[at] for at in kin], said_of(scene, facts), table.columns(value)) if holding else None
        )
        if picked is not None and picked.rows and not {kin[at] for at in picked.rows} & set(holding):
            return True
    return False


def listed_elsewhere(scene: Scene, place: int, value: Value) -> bool:
    """Tell whether another source lists just what an argument names, and this one something else."""
    kinds = {one_form(word) for word in bare_name(value.sink.name)} - lexicon().small["idlike"]
    here = scene.seen[place].facts
    if not kinds or here is None or kindred(kinds, {one_form(word) for word in here.nouns}):
        return False
    others = [(at, seen) for at, seen in enumerate(scene.seen) if at != place and seen.facts is not None]
    groups = {row.group for at, seen in others if not scene.opaque(at) for row in read_rows(seen.output)[:MOST_ROWS]}
    named = any(kindred(kinds, {one_form(word) for word in name_words(group)}) for group in groups)
    reads = [seen.facts for _, seen in others if seen.facts is not None and seen.facts.reads]
    return named or any(kindred(kinds, {one_form(word) for word in facts.nouns}) for facts in reads)


def comes_from(name: str) -> bool:
    """Tell whether an argument says where something is now: `from_stage_id`."""
    return bool(_STARTS & set(name_words(name)))


def in_another_row(scene: Scene, value: Value, facts: Facts, others: Sequence[Value]) -> bool:
    """Tell whether the row from which the call takes what it is about says something else in the column for a value.

    Where the user has it reckoned, and not as so many times what is there, nothing can be told.
    """
    if not row_tells(scene):
        return False
    for _, seen in scene.directed():
        if seen.facts is None or seen.facts.opaque:
            continue
        rows = read_rows(seen.output)[:MOST_ROWS]
        table = Table(rows, seen.facts, facts, scene.wish.own)
        alike = len(rows) > 1 and bool(table.columns(value))
        taken = [one for one in others if one.sink.name != value.sink.name and one.sink.slot is Slot.TARGET]
        taken = [one for one in taken if alike and any(table.holds(row, one) for row in rows)]
        if not taken:
            continue
        same = [row for row in rows if all(table.holds(row, one) for one in taken)]
        if not any(table.holds(row, value) for row in same):
            return True
    return False


def has_column(scene: Scene, value: Value, facts: Facts) -> bool:
    """Tell whether a table the user pointed at has a column that is called like an argument, and not this value."""
    for place, seen in enumerate(scene.seen):
        if seen.facts is None or seen.facts.opaque or not (scene.pointed(place) or lists_such(seen, value)):
            continue
        rows = read_rows(seen.output)[:MOST_ROWS]
        table = Table(rows, seen.facts, facts, scene.wish.own)
        if len(rows) > 1 and table.columns(value) and not any(table.holds(row, value) for row in rows):
            return True
    return False


def row_tells(scene: Scene) -> bool:
    """Tell whether an amount is what a row says, or so many times it: the user has nothing else reckoned."""
    reckoned = scene.wish.computing or scene.wish.instructs
    return not reckoned or any(names & scene.wish.words for _, names in factors())
