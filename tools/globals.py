"""Generates the allow-lists of pickles, `src/accord/data/globals/*.tsv`, from installed packages and a reviewed list.

    .venv/bin/python tools/globals.py --cache build/globals .venv-bench .venv-bench-2023 …

Every environment is probed by its own interpreter (`tools/globals_probe.py`); what they say is merged, so one list
covers several versions. `tools/globals_reviewed.yaml` says what a person has decided. The same inputs give the same
bytes. `--cache DIR` keeps what a probe said, and takes it again where the environment's packages are unchanged.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import yaml

HERE: Final = Path(__file__).parent
OUT: Final = HERE.parent / "src/accord/data/globals"
STDLIB: Final = "stdlib"  # written by hand, and left alone
USES: Final = ("call", "new", "name", "special")
# run by opcodes that the machine allows on plain containers only
_BY_OPCODE: Final = frozenset({"append", "extend", "add", "__setitem__"})
_COMPILED: Final = "compiled:"  # before the name of a hook that has no Python code
_CALLED: Final = frozenset({"enum", "exception", "namedtuple"})
_VALUES: Final = frozenset({"function", "ufunc", "native-function"})


class Name(NamedTuple):
    """One name as a pickle writes it."""

    module: str
    name: str


class Reviewed(NamedTuple):
    """What a person has decided, read from the YAML."""

    packages: Mapping[str, Mapping[str, list[str]]]
    never_class: re.Pattern[str]
    never_function: re.Pattern[str]
    cleared: frozenset[str]
    judged: frozenset[str]
    dropped: frozenset[Name]
    by_hand: Mapping[str, frozenset[Name]]
    moved: tuple[tuple[str, str], ...]


class Probed(NamedTuple):
    """What one environment holds."""

    versions: Mapping[str, str]
    entries: tuple[tuple[Name, str, tuple[str, ...]], ...]  # name, kind, hooks that need a look


def _spelled(table: Mapping[str, str]) -> frozenset[Name]:
    return frozenset(Name(module, name) for module, names in table.items() for name in names.split())


def reviewed(path: Path) -> Reviewed:
    """Read the reviewed list."""
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Reviewed(
        packages=table["packages"],
        never_class=re.compile(table["never"]["classes"]),
        never_function=re.compile(table["never"]["functions"], re.IGNORECASE),
        cleared=frozenset(table["hooks"]["in"]),
        judged=frozenset(table["hooks"]["special"]),
        dropped=_spelled(table["never"]["names"]),
        by_hand={use: _spelled(table[use]) for use in USES},
        moved=tuple(table["moved"].items()),
    )


def _stamp(environment: Path, package: str, skips: str) -> str:
    """Digest what a probe of a package depends on: its version, the skipped modules, the probe itself."""
    found = environment.glob("lib/python3*/site-packages/*.dist-info")
    mine = sorted(path.name for path in found if _same(path.name.partition("-")[0], package))
    text = "\n".join([*mine, skips, (HERE / "globals_probe.py").read_text(encoding="utf-8")])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _said(environment: Path, package: str, skips: str, cache: Path | None) -> dict[str, object]:
    """Return what the probe says about one package in one environment, from the cache where it lies there."""
    kept = cache / f"{environment.name}-{package}-{_stamp(environment, package, skips)}.json" if cache else None
    if kept is not None and kept.exists():
        text = kept.read_text(encoding="utf-8")
    else:
        command = [str(environment / "bin/python"), str(HERE / "globals_probe.py"), skips, package]
        ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=1800)
        if ended.returncode:
            raise RuntimeError(f"the probe of {package} in {environment} failed: {ended.stderr[-2000:]}")
        text = ended.stdout
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(text, encoding="utf-8")
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError(f"the probe of {package} in {environment} gave no table")
    return found


def _skips(modules: Iterable[str]) -> str:
    found = "|".join(re.escape(module) for module in modules)
    return rf"(?:{found})(?:\.|$)" if found else "^$"


def probed(environment: Path, known: Reviewed, cache: Path | None) -> Probed:
    """Probe one environment, package by package, each in a process of its own."""
    versions: dict[str, str] = {}
    entries: list[tuple[Name, str, tuple[str, ...]]] = []
    for package, rules in known.packages.items():
        places = environment.glob(f"lib/python3*/site-packages/{package}")
        if not any(places):
            continue
        said = _said(environment, package, _skips(rules["skip"]), cache)
        found, lines = said["versions"], said["entries"]
        if not isinstance(found, dict) or not isinstance(lines, list):
            raise TypeError(f"the probe of {package} in {environment} gave no lists")
        versions |= found
        for module, name, kind, hooks in lines:
            entries.append((Name(module, name), kind, tuple(_marked(*hook) for hook in hooks)))
        sys.stderr.write(f"{environment.name} {package}: {len(lines)} names looked at\n")
    return Probed(versions, tuple(entries))


def _marked(hook: str, why: list[str]) -> str:
    return f"{_COMPILED}{hook}" if why == ["native"] else hook


def _is_cleared(hook: str, native: Iterable[str], known: Reviewed) -> bool:
    name = hook.removeprefix(_COMPILED)
    return name in known.cleared or (hook != name and _within(name, native))


def _within(module: str, places: Iterable[str]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def use_of(at: Name, kind: str, hooks: Iterable[str], known: Reviewed) -> str | None:
    """Return the use that the rules allow for a name that was found, or None: default-deny."""
    rules = known.packages[at.module.partition(".")[0]]
    last = at.name.rpartition(".")[2]
    if at in known.dropped or known.never_class.search(at.name):
        return None
    if kind in _VALUES:
        plain = not known.never_function.search(last) and not last.startswith("__")
        if last.startswith("__pyx_unpickle_") and _within(at.module, rules["native"]):
            return "call"
        return "name" if plain and _within(at.module, rules["values"]) else None
    if kind.endswith("function"):
        return None
    looked_at = [hook for hook in hooks if hook.rpartition(".")[2] not in _BY_OPCODE]
    if known.judged.intersection(looked_at):
        return "special"
    if not all(_is_cleared(hook, rules["native"], known) for hook in looked_at):
        return None
    if kind == "extension":
        if _within(at.module, rules["native"]):
            return "call"
        return "new" if looked_at else None
    return "call" if kind in _CALLED else "new"


def _elsewhere(at: Name, moved: Iterable[tuple[str, str]]) -> Iterator[Name]:
    """Yield the same name under the modules where older versions kept it."""
    for old, new in moved:
        if _within(at.module, (new,)):
            yield Name(old + at.module[len(new) :], at.name)


def merged(found: Iterable[Probed], known: Reviewed) -> dict[Name, str]:
    """Every allowed name and its use; the narrower use wins where versions differ, the reviewed list over all."""
    uses: dict[Name, str] = {}
    barred: set[Name] = set()
    for one in found:
        for at, kind, hooks in one.entries:
            use = use_of(at, kind, hooks, known)
            if use is None:
                barred.add(at)
            else:
                uses[at] = max(use, uses.get(at, use), key=USES.index)
    for at in barred:
        uses.pop(at, None)
    by_hand = {at: use for use in USES for at in known.by_hand[use]}
    for at, use in tuple(by_hand.items()):
        for old in _elsewhere(at, known.moved):
            by_hand.setdefault(old, use)
    uses |= by_hand
    for at, use in tuple(uses.items()):
        for old in _elsewhere(at, known.moved):
            uses.setdefault(old, use)
    for at in known.dropped:
        uses.pop(at, None)
    return uses


def _header(package: str, versions: Mapping[str, set[str]]) -> Iterator[str]:
    yield f"# Names that a pickle may hold: {package}. Generated by tools/globals.py; do not edit."
    if versions:
        yield "# From " + "; ".join(f"{name} {', '.join(sorted(found))}" for name, found in sorted(versions.items()))
    yield "# Reviewed: tools/globals_reviewed.yaml names the hooks, compiled types and names that were looked at."
    yield "# module, use, names. call: may be called, made and given state; new: may be made and given state;"
    yield "# name: may stand as a value, never be called; special: its arguments are looked at in code."


def _lines(uses: Mapping[Name, str]) -> Iterator[str]:
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for at, use in uses.items():
        grouped[at.module, use].append(at.name)
    for (module, use), names in sorted(grouped.items()):
        yield f"{module}\t{use}\t{' '.join(sorted(names))}"


def write(out: Path, uses: Mapping[Name, str], versions: Mapping[str, Mapping[str, set[str]]]) -> int:
    """Write one file for each top-level package and remove the files of packages that have none left."""
    out.mkdir(parents=True, exist_ok=True)
    by_package: dict[str, dict[Name, str]] = defaultdict(dict)
    for at, use in uses.items():
        by_package[at.module.partition(".")[0]][at] = use
    for path in out.glob("*.tsv"):
        if path.stem not in {*by_package, STDLIB}:
            path.unlink()
    for package, mine in by_package.items():
        lines = [*_header(package, versions.get(package, {})), *_lines(mine)]
        (out / f"{package}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(uses)


def _versions(found: Iterable[Probed], known: Reviewed) -> dict[str, dict[str, set[str]]]:
    """Versions by top-level package: a distribution counts for every package whose probe named it."""
    table: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in found:
        tops = {at.module.partition(".")[0] for at, _, _ in one.entries}
        for distribution, version in one.versions.items():
            for top in tops & set(known.packages):
                if _same(distribution, top):
                    table[top][distribution].add(version)
    return table


def _same(distribution: str, package: str) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", distribution.lower())
    other = {"sklearn": "scikitlearn", "imblearn": "imbalancedlearn", "PIL": "pillow", "umap": "umaplearn"}
    return plain.removesuffix("cpu") == other.get(package, re.sub(r"[^a-z0-9]", "", package.lower()))


def main() -> None:
    """Probe the environments of the command line and write the lists."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("environments", nargs="+", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    known = reviewed(HERE / "globals_reviewed.yaml")
    found = [probed(environment, known, options.cache) for environment in options.environments]
    count = write(options.out, merged(found, known), _versions(found, known))
    sys.stderr.write(f"{count} names\n")


if __name__ == "__main__":
    main()
