"""What an unpickler's stack holds, seen from outside: where plain data stands, and what would be imported and made.

A plain value (number, text, bytes, truth, None) is only the place of its argument in the data: an `int`. A tuple is a
tuple of values. All else has a class here, so that big harmless files cost little more than their size.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from accord.scan.pickles.lists import translated, uses

LIST: Final = "list"
DICT: Final = "dict"
SET: Final = "set"
FROZENSET: Final = "frozenset"
MOST_KEPT: Final = 4096
"""How many plain items of one nest are remembered; the others are only counted."""


class Import:
    """A name that the stream looks up: importing the module alone runs its code. `old`: before protocol 3.

    `named` is what this Python looks up, `uses` what its allow-list says may be done with it.
    """

    __slots__ = ("at", "module", "name", "named", "old", "uses")

    def __init__(self, module: str, name: str, at: int, *, old: bool) -> None:
        self.module = module
        self.name = name
        self.at = at
        self.old = old
        self.named = translated(module, name, old=old)
        self.uses = uses(self.named)

    def __repr__(self) -> str:
        return f"Import({self.module}.{self.name})"


class Nest:
    """A list, dict, set or frozenset. `items` are its values, for a dict keys and values by turns, up to a limit."""

    __slots__ = ("count", "items", "kind")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.items: list[Value] = []
        self.count = 0

    @property
    def partial(self) -> bool:
        """Tell whether some items were only counted."""
        return self.count > len(self.items)


class Run:
    """Many numbers in a row, from `start` to `end` of the data, as one item of a stack or nest."""

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end


class Call:
    """The result of calling something: by REDUCE (`call`), or as a new instance (`new`: NEWOBJ, NEWOBJ_EX, OBJ, INST).

    `listed`: an allow-list says that its target may be called like this, and its arguments are fine. Otherwise
    `doubt` says why not, where arguments decide. `payload`: where bytes stand that the target would read. `state`:
    what BUILD sets, the last time.
    """

    __slots__ = ("args", "at", "doubt", "how", "keywords", "listed", "payload", "state", "target")

    def __init__(self, how: str, target: Value, args: Value, at: int, *, keywords: Value | None = None) -> None:
        self.how = how
        self.target = target
        self.args = args
        self.keywords = keywords
        self.at = at
        self.listed = False
        self.doubt: Doubt | None = None
        self.payload: Value | None = None
        self.state: Value | None = None


class Doubt(NamedTuple):
    """Why arguments or a state are not fine: a kind of reason, and the fact."""

    kind: str
    message: str


class Change:
    """A value is changed: its state is set (`state`), or items are put into what is no plain nest (`items`)."""

    __slots__ = ("at", "doubt", "how", "subject", "value")

    def __init__(self, how: str, subject: Value, value: Value, at: int, *, doubt: Doubt | None = None) -> None:
        self.how = how
        self.subject = subject
        self.value = value
        self.at = at
        self.doubt = doubt


class Persistent:
    """What the reader's own `persistent_load` returns for `pid`."""

    __slots__ = ("at", "pid")

    def __init__(self, pid: Value, at: int) -> None:
        self.pid = pid
        self.at = at


class Extension:
    """What the receiver's registry of extension codes holds under `code`: nobody else can know it."""

    __slots__ = ("at", "code")

    def __init__(self, code: int, at: int) -> None:
        self.code = code
        self.at = at


class Contents:
    """Asked for by whoever wants all of a result: up to `most` items of a nest, and what is set in an OrderedDict."""

    __slots__ = ("_found", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self._found: dict[int, tuple[Call, list[Value]]] = {}

    def add(self, subject: Call, items: list[Value]) -> None:
        """Note keys and values by turns that are set in what a call returned."""
        self._found.setdefault(id(subject), (subject, []))[1].extend(items)

    def of(self, subject: Call) -> list[Value]:
        """Return what was set, keys and values by turns."""
        found = self._found.get(id(subject))
        return found[1] if found else []


class Buffer:
    """A bytearray, or a read-only view of one: plain data that cannot be a key."""

    __slots__ = ("at",)

    def __init__(self, at: int) -> None:
        self.at = at


Value = int | tuple["Value", ...] | Nest | Run | Import | Call | Persistent | Extension | Buffer
"""Anything on the stack."""
