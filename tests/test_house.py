"""The budgets of the house: what can be counted in the source is counted here."""

from __future__ import annotations

import ast
import io
import re
import statistics
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import pytest
import yaml

ROOT: Final = Path(__file__).parent.parent
SOURCE: Final = ROOT / "src" / "accord"
ROOMS: Final = frozenset(
    {"assess", "attack", "case", "checks", "cli", "content", "core", "guard", "record", "report", "scan", "testing"}
)
BLOCKS: Final = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match, ast.AsyncFor, ast.AsyncWith, ast.TryStar)
VAGUE: Final = frozenset({"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"})
LOADERS: Final = frozenset({"pickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"})
MUTATORS: Final = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"}
)
Definition = ast.FunctionDef | ast.AsyncFunctionDef
Node = TypeVar("Node", bound=ast.AST)


class Function(NamedTuple):
    """A function, where it stands, and how long it is without its docstring."""

    place: str
    node: Definition
    lines: int


@cache
def sources() -> tuple[Path, ...]:
    return tuple(sorted(SOURCE.rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def short(path: Path, node: ast.AST | None = None) -> str:
    place = path.relative_to(ROOT).as_posix()
    return f"{place}:{getattr(node, 'lineno', 1)}" if node else place


def every(kind: type[Node]) -> Iterator[tuple[Path, Node]]:
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, kind):
                yield path, node


def functions() -> Iterator[Function]:
    for path, node in every(ast.AST):
        if isinstance(node, Definition):
            page = node.body[0] if ast.get_docstring(node) is not None else None
            yield Function(f"{short(path, node)} {node.name}", node, _height(node) - (_height(page) if page else 0))


def _height(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_function_is_longer_than_60_lines() -> None:
    assert [one for one in functions() if one.lines > 60] == []


def test_ninety_five_of_a_hundred_functions_fit_in_40_lines() -> None:
    lengths = [one.lines for one in functions()]
    assert statistics.quantiles(lengths, n=20)[-1] <= 40


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {short(path): len(path.read_text("utf-8").splitlines()) for path in sources()}
    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}


def test_blocks_nest_three_deep_at_most() -> None:
    assert [one.place for one in functions() if _deepest(one.node.body) > 3] == []


def _deepest(body: list[ast.stmt]) -> int:
    return max((_depth(statement) for statement in body), default=0)


def _depth(statement: ast.stmt) -> int:
    if not isinstance(statement, BLOCKS):
        return 0
    inner = [part for name in ("body", "finalbody") for part in getattr(statement, name, [])]
    inner += [part for handler in getattr(statement, "handlers", []) for part in handler.body]
    inner += [part for case in getattr(statement, "cases", []) for part in case.body]
    other = list(getattr(statement, "orelse", []))
    is_elif = isinstance(statement, ast.If) and len(other) == 1 and isinstance(other[0], ast.If)
    return max(1 + _deepest(inner), _deepest(other) + (0 if is_elif else 1) if other else 0)


def test_classes_inherit_one_deep_and_errors_two() -> None:
    parents = {
        node.name: [ast.unparse(base).rpartition(".")[2] for base in node.bases] for _, node in every(ast.ClassDef)
    }

    def depth(name: str) -> int:
        ours = [base for base in parents.get(name, []) if base in parents]
        return max((1 + depth(base) for base in ours), default=0)

    assert {name for name in parents if depth(name) > (2 if name.endswith("Error") else 1)} == set()


def test_packages_are_two_deep_at_most() -> None:
    deep = [path for path in sources() if len(path.relative_to(SOURCE).parts) > 3]
    assert [short(path) for path in deep if "migrations/versions" not in path.as_posix()] == []  # Alembic's own layout


def test_the_rooms_are_those_of_the_architecture_and_none_is_empty() -> None:
    files = {path.parent.name: len([*path.parent.rglob("*.py")]) for path in SOURCE.glob("*/__init__.py")}
    assert files.keys() <= ROOMS
    assert [room for room, count in files.items() if count < 2] == []
    assert [*(SOURCE / "data").rglob("*.py")] == []


def test_no_module_has_a_vague_name() -> None:
    parts = {part.removesuffix(".py") for path in sources() for part in path.relative_to(SOURCE).parts}
    assert parts & VAGUE == set()


def test_every_public_name_is_documented_with_a_whole_sentence() -> None:
    assert sorted(_undocumented()) == []


def _undocumented() -> Iterator[str]:
    for path in sources():
        if not _is_sentence(tree(path)):
            yield short(path)
        yield from (f"{short(path, node)} {node.name}" for node in _public(tree(path).body) if not _is_sentence(node))


def _public(body: list[ast.stmt]) -> Iterator[Definition | ast.ClassDef]:
    for node in body:
        if isinstance(node, Definition | ast.ClassDef) and not node.name.startswith("_"):
            if not any(ast.unparse(mark).endswith((".setter", "overload")) for mark in node.decorator_list):
                yield node
            yield from _public(node.body if isinstance(node, ast.ClassDef) else [])


def _is_sentence(node: ast.Module | ast.ClassDef | Definition) -> bool:
    first = (ast.get_docstring(node) or "").partition("\n\n")[0].strip()
    return first.endswith((".", "?", ":", "`"))


def test_a_room_exports_twelve_names_at_most() -> None:
    assert {room: names for room in _rooms() if len(names := _exported(room)) > 12} == {}


def _rooms() -> list[str]:
    return [path.parent.name for path in SOURCE.glob("*/__init__.py")]


def _exported(room: str) -> set[str]:
    """Names of the room that its docstring or its `__all__` names."""
    top = tree(SOURCE / room / "__init__.py")
    told = {name.rpartition(".")[2] for name in re.findall(r"`([A-Za-z_.]+)`", ast.get_docstring(top) or "")}
    listed = {
        str(ast.literal_eval(item))
        for node in top.body
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "__all__"
        and isinstance(node.value, ast.List)
        for item in node.value.elts
    }
    inside = [path for path in sources() if path.is_relative_to(SOURCE / room)]
    return (told & {node.name for path in inside for node in _public(tree(path).body)}) | listed


def test_broad_excepts_stand_in_three_places_only() -> None:
    broad = {path.relative_to(SOURCE).as_posix() for path, node in every(ast.ExceptHandler) if _is_broad(node)}
    rooms = [place.partition("/")[0] for place in sorted(broad - {"core/plugins.py"})]
    assert set(rooms) <= {"assess", "guard"}, broad
    assert len(rooms) == len(set(rooms)), broad  # one file each: the engine's run, the guard's fail policy


def _is_broad(node: ast.ExceptHandler) -> bool:
    caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in caught)


def test_no_shell_and_no_evaluation() -> None:
    forbidden = {"eval", "exec", "compile", "os.system", "os.popen", "yaml.unsafe_load", "yaml.full_load"}
    calls = [(path, node) for path, node in every(ast.Call) if ast.unparse(node.func) in forbidden]
    shells = [
        (path, node)
        for path, node in every(ast.Call)
        if any(word.arg == "shell" and ast.unparse(word.value) != "False" for word in node.keywords)
    ]
    loads = [
        (path, node)
        for path, node in every(ast.Call)
        if ast.unparse(node.func) == "yaml.load" and "SafeLoader" not in ast.unparse(node)
    ]
    assert [f"{short(path, node)} {ast.unparse(node.func)}" for path, node in calls + shells + loads] == []


def test_nothing_that_is_inspected_is_loaded() -> None:
    plain = {(path, alias.name) for path, node in every(ast.Import) for alias in node.names}
    parts = {(path, node.module or "") for path, node in every(ast.ImportFrom)}
    assert [short(path) for path, name in plain | parts if name.partition(".")[0] in LOADERS] == []


def test_nothing_mutable_lives_at_module_level() -> None:
    assert [place for path in sources() for place in _mutable(path)] == []


def _mutable(path: Path) -> Iterator[str]:
    """Containers that are not marked as constant, or that are and are changed all the same."""
    finals = set()
    for node in tree(path).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not _is_container(node.value):
            continue
        name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        if isinstance(node, ast.AnnAssign) and re.match(r"Final|Mapping|Sequence", ast.unparse(node.annotation)):
            finals.add(name)
        elif name != "__all__":
            yield f"{short(path, node)} {name} is not Final, Mapping or Sequence"
    for inner in ast.walk(tree(path)):
        if isinstance(inner, ast.Global) or _changed(inner) in finals:
            yield f"{short(path, inner)} is changed"


def _is_container(value: ast.expr | None) -> bool:
    made = isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] in {
        "dict", "list", "set", "defaultdict", "OrderedDict", "Counter", "deque", "bytearray",
    }  # fmt: skip
    return made or isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)


def _changed(node: ast.AST) -> str | None:
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        return ast.unparse(node.value)
    if isinstance(node, ast.Attribute) and node.attr in MUTATORS:
        return ast.unparse(node.value)
    return ast.unparse(node.target) if isinstance(node, ast.AugAssign) else None


def test_ignored_type_errors_are_few_and_name_their_code() -> None:
    lines, found = 0, []
    for path in sources():
        text = path.read_text("utf-8")
        lines += text.count("\n")
        comments = [
            token.string
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type == tokenize.COMMENT
        ]
        found += [f"{short(path)} {one}" for one in comments if re.match(r"#\s*type:\s*ignore", one)]
    assert [one for one in found if not re.search(r"ignore\[[a-z, -]+\]\s+#\s*\S", one)] == []  # a code and a reason
    assert len(found) <= lines / 250, found


def test_every_error_code_that_is_used_has_a_page_and_every_page_is_used() -> None:
    pages: dict[str, object] = {}
    for path in sorted((SOURCE / "data" / "errors").glob("*.yaml")):
        entries = yaml.safe_load(path.read_text("utf-8"))
        assert set(entries) & set(pages) == set(), f"{path.name} repeats a code"
        assert all({"title", "text"} <= set(entry) for entry in entries.values()), (
            f"{path.name} lacks a title or a text"
        )
        pages |= entries
    used = {code for _, node in every(ast.Constant) if isinstance(node.value, str) for code in _codes(node.value)}
    assert set(pages) == used


def _codes(text: str) -> list[str]:
    return [text] if re.fullmatch(r"ACC-E\d{3}", text) else []


def _check_files() -> list[Path]:
    return [path for path in sorted((SOURCE / "checks").glob("*/*.py")) if path.name != "__init__.py"]


def test_there_are_twenty_five_checks_of_sixty_lines_in_the_median() -> None:
    lengths = [len(path.read_text("utf-8").splitlines()) for path in _check_files()]
    assert len(lengths) >= 25
    assert statistics.median(lengths) <= 60


def test_every_check_has_a_bad_and_a_good_folder() -> None:
    from accord.core.plugins import load_checks

    wanted = {f"{code}/{kind}" for code in load_checks(frozenset()) for kind in ("bad", "good")}
    there = {f"{path.parent.name}/{path.name}" for path in (ROOT / "tests" / "checks").glob("ACC*/*") if path.is_dir()}
    assert wanted - there == set()


def test_test_code_is_about_as_long_as_the_code() -> None:
    tests = [path for path in (ROOT / "tests").rglob("*.py") if "ACC" not in str(path.relative_to(ROOT))]
    ratio = sum(_code_lines(path) for path in tests) / sum(_code_lines(path) for path in sources())
    assert 0.8 <= ratio <= 2.5


def _code_lines(path: Path) -> int:
    """Count lines of code: no blank lines, comments or docstrings, which are pages that people read."""
    text = path.read_text("utf-8")
    told = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = (line.strip() for number, line in enumerate(text.splitlines(), 1) if number not in told)
    return sum(bool(line) and not line.startswith("#") for line in lines)


@pytest.mark.parametrize(
    ("code", "depth"),
    [
        ("if a:\n pass\nelif b:\n pass\nelse:\n pass", 1),
        ("for a in b:\n if a:\n  with c:\n   pass", 3),
        ("try:\n pass\nexcept E:\n while a:\n  match a:\n   case 1:\n    if b:\n     pass", 4),
    ],
)
def test_depth_counts_blocks_and_takes_elif_as_one(code: str, depth: int) -> None:
    assert _deepest(ast.parse(code).body) == depth
