"""PMML: elements that lead a reader to classes, scripts or files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from accord.core.text import one_line

_JAVA: Final = re.compile(r"(?:java|javax|sun|jdk|com\.sun|groovy|org\.codehaus\.groovy|org\.apache\.commons)\.")
_DOTTED: Final = re.compile(r"[A-Za-z_]\w{0,60}(?:\.[A-Za-z_$][\w$]{0,60}){2,12}")
_CODE: Final = re.compile(
    r"^\s*(?:javascript|data|file|jar|ldap|rmi|jndi):|<script|Runtime\.getRuntime|ProcessBuilder", re.I
)
_ELSEWHERE: Final = frozenset({"script", "javascript", "program", "exec"})


def element(name: str, attributes: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield what one element of a PMML document asks of its reader besides computing."""
    if name.lower() in _ELSEWHERE:
        yield "xml-code", f"the element {one_line(name, 60)} holds code", name
    if name == "Apply":
        called = attributes.get("function", "")
        if _JAVA.match(called):
            yield "xml-code", f"Apply calls the class {one_line(called, 100)}", called
        elif _DOTTED.fullmatch(called):
            yield "xml-class", f"Apply calls the class {one_line(called, 100)}", called
    for key, value in attributes.items():
        if key != "function" and _CODE.search(value[:4000]):
            yield "xml-code", f"{one_line(name, 60)} has {one_line(key, 60)}={one_line(value, 100)}", name
