"""The allow-lists: their form, and what must never be on them. No framework is needed."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parents[3]
LISTS = ROOT / "src/accord/data/globals"
GENERATED = sorted(path for path in LISTS.glob("*.tsv") if path.stem != "stdlib")
USES = ("call", "name", "new", "special")
VERBS = re.compile(
    r"^_*(?:load|read|open|save|exec|eval|import|run|system|popen|compile|fetch|download|dump|write|spawn|fork|kill"
    r"|remove|unlink|urlopen|urlretrieve|from_file|fromfile|memmap|check_output|getoutput|import_module|resolve_name)",
    re.IGNORECASE,
)
# whoever may be named here could load, run or fetch something
NEVER = {
    ("joblib", "load"), ("joblib.memory", "Memory"), ("joblib.numpy_pickle", "load"), ("keras.models", "load_model"),
    ("numpy", "load"), ("numpy", "memmap"), ("numpy.f2py", "compile"), ("numpy.testing._private.utils", "runstring"),
    ("pandas", "eval"), ("pandas", "read_pickle"), ("pandas.core.computation.eval", "eval"),
    ("pandas.io.pickle", "read_pickle"), ("scipy.io.matlab._mio", "loadmat"), ("scipy.misc.common", "face"),
    ("sklearn.datasets._base", "load_files"), ("sklearn.utils._testing", "assert_run_python_script"),
    ("torch", "load"), ("torch.fx.graph_module", "reduce_graph_module"), ("torch.hub", "load"),
    ("torch.jit", "load"), ("torch.package.package_importer", "PackageImporter"), ("torch.serialization", "load"),
    ("torch.utils.cpp_extension", "load_inline"), ("transformers", "pipeline"), ("lightgbm.basic", "Dataset"),
    ("numpy.lib.npyio", "DataSource"), ("numpy.lib._datasource", "DataSource"), ("nltk.data", "load"),
}  # fmt: skip


class Line(NamedTuple):
    file: str
    module: str
    use: str
    names: list[str]


def lines(path: Path) -> Iterator[Line]:
    for text in path.read_text(encoding="utf-8").splitlines():
        if not text.startswith("#"):
            module, use, names = text.split("\t")
            yield Line(path.stem, module, use, names.split(" "))


def every_line() -> list[Line]:
    return [line for path in GENERATED for line in lines(path)]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("globals_generator", ROOT / "tools/globals.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.stem)
def test_a_list_has_a_header_and_sorted_lines_of_one_package(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = list(lines(path))
    assert text.startswith("# ")
    assert text.endswith("\n")
    assert "tools/globals.py" in text
    assert found, "an empty list says nothing"
    assert [(line.module, line.use) for line in found] == sorted({(line.module, line.use) for line in found})
    assert all(line.module.partition(".")[0] == path.stem for line in found)


def test_every_line_names_a_use_and_sorted_names() -> None:
    for line in every_line():
        assert line.use in USES, line
        assert line.names == sorted(set(line.names)), (line.module, line.use)
        assert all(part.isidentifier() for name in line.names for part in name.split(".")), line


def test_a_name_stands_in_one_line_only() -> None:
    seen: set[tuple[str, str]] = set()
    for line in every_line():
        mine = {(line.module, name) for name in line.names}
        assert not mine & seen, mine & seen
        seen |= mine


def test_the_lists_are_broad() -> None:
    counts = {path.stem: sum(len(line.names) for line in lines(path)) for path in GENERATED}
    assert sum(counts.values()) >= 1500
    for package, least in {"sklearn": 600, "torch": 400, "numpy": 300, "scipy": 300, "pandas": 150}.items():
        assert counts[package] >= least, package


def test_nothing_that_may_be_called_is_named_like_a_loader_or_a_runner() -> None:
    bad = [
        f"{line.module}.{name}"
        for line in every_line()
        if line.use in {"call", "name"}
        for name in line.names
        if VERBS.match(name.rpartition(".")[2]) and not name.rpartition(".")[2][0].isupper()
    ]
    assert not bad


def test_known_gadgets_are_on_no_list() -> None:
    assert not {(line.module, name) for line in every_line() for name in line.names} & NEVER


def test_no_module_of_the_standard_library_has_a_generated_list() -> None:
    assert not [path.stem for path in GENERATED if path.stem in sys.stdlib_module_names]


def test_no_name_leads_through_a_module_of_somebody_else() -> None:
    foreign = {"os", "sys", "subprocess", "builtins", "importlib", "pickle", "shutil", "ctypes", "socket"}
    bad = [
        (line.module, name)
        for line in every_line()
        for name in line.names
        if foreign.intersection([*line.module.split("."), *name.split(".")])
    ]
    assert not bad


def test_modules_that_read_files_or_run_code_have_no_line() -> None:
    closed = re.compile(
        r"(?:torch\.(?:hub|serialization|package|_inductor|_dynamo|distributed|fx|multiprocessing)|pandas\.io"
        r"|numpy\.(?:f2py|testing|distutils|ctypeslib)|scipy\.io|sklearn\.datasets)(?:\.|$)"
    )
    allowed = {("torch.serialization", "_get_layout")} | {("sklearn.datasets.base", "Bunch")}
    bad = [
        (line.module, name)
        for line in every_line()
        if closed.match(line.module)
        for name in line.names
        if (line.module, name) not in allowed
    ]
    assert not bad


def test_distributions_are_special_for_their_state_is_run() -> None:
    uses = {
        line.use
        for line in every_line()
        if line.module == "scipy.stats._continuous_distns" and "norm_gen" in line.names
    }
    assert uses == {"special"}


def test_every_hook_that_was_let_in_has_a_reason() -> None:
    table = yaml.safe_load((ROOT / "tools/globals_reviewed.yaml").read_text(encoding="utf-8"))
    for decided in table["hooks"].values():
        assert all(isinstance(reason, str) and reason for reason in decided.values())


def test_an_unreviewed_hook_keeps_a_class_out() -> None:
    made = generator()
    known = made.reviewed(ROOT / "tools/globals_reviewed.yaml")
    at = made.Name("sklearn.linear_model._ridge", "Ridge")
    assert made.use_of(at, "class", (), known) == "new"
    assert made.use_of(at, "class", ("sklearn.linear_model._ridge.Ridge.__setstate__",), known) is None


def test_compiled_hooks_pass_only_where_compiled_types_were_looked_at() -> None:
    made = generator()
    known = made.reviewed(ROOT / "tools/globals_reviewed.yaml")
    tree, linear = made.Name("sklearn.tree._tree", "Tree"), made.Name("torch.nn.modules.linear", "Linear")
    assert made.use_of(tree, "extension", ("compiled:sklearn.tree._tree.Tree.__setstate__",), known) == "call"
    assert made.use_of(linear, "class", ("compiled:torch.nn.modules.linear.Linear.__setstate__",), known) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("TextFileReader", "class"),
        ("DataLoader", "class"),
        ("memmap", "class"),
        ("load", "function"),
        ("__hidden", "function"),
    ],
)
def test_names_of_these_shapes_are_never_taken(name: str, kind: str) -> None:
    made = generator()
    known = made.reviewed(ROOT / "tools/globals_reviewed.yaml")
    assert made.use_of(made.Name("sklearn.metrics._new", name), kind, (), known) is None


def test_the_narrower_use_wins_where_versions_differ() -> None:
    made = generator()
    known = made.reviewed(ROOT / "tools/globals_reviewed.yaml")
    at = made.Name("sklearn.tree._made_up", "Thing")
    found = [made.Probed({}, ((at, "enum", ()),)), made.Probed({}, ((at, "class", ()),))]
    assert made.merged(found, known)[at] == "new"


def test_a_name_that_one_version_bars_is_barred() -> None:
    made = generator()
    known = made.reviewed(ROOT / "tools/globals_reviewed.yaml")
    at = made.Name("torch.nn.made_up", "Thing")
    found = [
        made.Probed({}, ((at, "class", ()),)),
        made.Probed({}, ((at, "class", ("torch.nn.made_up.Thing.__del__",)),)),
    ]
    assert at not in made.merged(found, known)


def test_names_are_known_under_the_modules_of_older_versions() -> None:
    made = generator()
    known = made.reviewed(ROOT / "tools/globals_reviewed.yaml")
    at = made.Name("sklearn.ensemble._forest", "RandomForestClassifier")
    uses = made.merged([made.Probed({}, ((at, "class", ()),))], known)
    assert uses[made.Name("sklearn.ensemble.forest", "RandomForestClassifier")] == "new"


def test_the_same_names_give_the_same_bytes(tmp_path: Path) -> None:
    made = generator()
    names = {made.Name("a.b", "Z"): "new", made.Name("a.b", "A"): "new", made.Name("a", "f"): "call"}
    made.write(tmp_path / "one", names, {})
    made.write(tmp_path / "two", dict(reversed(names.items())), {})
    assert (tmp_path / "one/a.tsv").read_bytes() == (tmp_path / "two/a.tsv").read_bytes()
    assert "a.b\tnew\tA Z\n" in (tmp_path / "one/a.tsv").read_text()


def test_a_list_written_by_hand_is_left_alone(tmp_path: Path) -> None:
    made = generator()
    (tmp_path / "stdlib.tsv").write_text("kept")
    (tmp_path / "gone.tsv").write_text("old")
    made.write(tmp_path, {made.Name("a", "f"): "call"}, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tsv", "stdlib.tsv"]
