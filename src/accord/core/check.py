"""A check: one file, one question, one docstring which is its page."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accord.core.errors import PluginError

if TYPE_CHECKING:
    from accord.core.contracts import CheckFn, Context
    from accord.core.finding import Finding

HEADINGS = ("What it does", "Why it matters", "Example", "Fix", "References")
"""The headings of a check's page, in order."""

_CODE = re.compile(r"[A-Z]{2,8}[0-9]{3,4}")
_CLAIM = re.compile(r"[0-9X]+\.[0-9]+\.[a-z]/[a-z0-9-]+")
_KIND = re.compile(r"[a-z]{2,}(?:\.[a-z]+)*")
_NEEDS = frozenset({"network", "subprocess", "gpu"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A question about assets of the kinds in `on`, which bears on claims; `needs` names what it may use."""

    code: str
    name: str
    title: str
    page: str
    on: tuple[str, ...]
    bears_on: tuple[str, ...]
    since: str
    needs: tuple[str, ...]
    extra: str | None
    seconds: float
    waivable: bool
    applies: Callable[[Any], bool] | None
    fn: CheckFn
    module: str

    def __call__(self, subject: Any, ctx: Context, /) -> Iterable[Finding]:
        """Ask the question."""
        return self.fn(subject, ctx)

    @property
    def refs(self) -> tuple[str, ...]:
        """Return the ids under the heading References: `CWE-502`, `AML.T0010`, `LLM03`."""
        _, _, references = self.page.partition("## References")
        return tuple(re.findall(r"^- ((?:CWE-\d+|AML\.[TM]\d{4}(?:\.\d{3})?|LLM\d{2}|ASI\d{2}))\b", references, re.M))


def check(
    code: str,
    *,
    on: tuple[str, ...],
    bears_on: tuple[str, ...],
    since: str,
    needs: tuple[str, ...] = (),
    extra: str | None = None,
    seconds: float = 20.0,
    waivable: bool = True,
    applies: Callable[[Any], bool] | None = None,
) -> Callable[[Callable[[Any, Context], Iterable[Finding]]], Check]:
    """Make a `Check` of a function; importing registers nothing.

    `extra` names the extra of ours whose packages it imports; `seconds` bounds one run; `applies` decides from
    the System whether the question makes sense at all: if not, the evidence is `not-applicable`.
    Raises `PluginError` when code, kinds, claims, needs or page are not as CONTRIBUTING says.
    """

    def made(fn: Callable[[Any, Context], Iterable[Finding]]) -> Check:
        title, _, page = inspect.getdoc(fn).partition("\n") if fn.__doc__ else ("", "", "")  # type: ignore[union-attr]  # fn has a docstring
        problem = _problem(code, title, on=on, bears_on=bears_on, needs=needs)
        if problem:
            raise PluginError(f"check {code} ({fn.__module__}): {problem}", code="ACC-E302")
        return Check(
            code=code,
            name=fn.__name__,
            title=title.rstrip("."),
            page=page.strip(),
            on=on,
            bears_on=bears_on,
            since=since,
            needs=needs,
            extra=extra,
            seconds=seconds,
            waivable=waivable,
            applies=applies,
            fn=fn,
            module=fn.__module__,
        )

    return made


def _problem(
    code: str, title: str, *, on: tuple[str, ...], bears_on: tuple[str, ...], needs: tuple[str, ...]
) -> str | None:
    if not _CODE.fullmatch(code):
        return "a code is capital letters and three or four digits"
    odd = next((kind for kind in on if not _KIND.fullmatch(kind)), None)  # ("model") is a text: m, o, d, e, l
    if odd is not None or not on:
        return f"on takes kinds like ('model.file',) or ('system',), not {odd!r}"
    wrong = next((claim for claim in bears_on if not _CLAIM.fullmatch(claim)), None)
    if wrong is not None or not bears_on:
        return f"bears_on takes claims like 1.3.e/model-file, not {wrong!r}"
    unknown = set(needs) - _NEEDS
    if unknown:
        return f"needs knows {', '.join(sorted(_NEEDS))}, not {', '.join(sorted(unknown))}"
    return None if title.strip() else "a check needs a docstring: it is the page"
