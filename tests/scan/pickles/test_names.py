"""What a name is blamed for: the real target is told, and only what can name its harm is dangerous."""

from __future__ import annotations

import base64
import bz2
import pickle
import zlib
from collections.abc import Callable

import pytest

from accord.scan.rating import Rating, Sight

See = Callable[..., list[Sight]]
Rate = Callable[..., Rating]


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + len(data).to_bytes(4, "little") + data


def octets(value: bytes) -> bytes:
    return b"B" + len(value).to_bytes(4, "little") + value


def call(module: str, name: str, *args: bytes, proto: int = 4) -> bytes:
    return bytes([0x80, proto]) + text(module) + text(name) + b"\x93(" + b"".join(args) + b"tR."


def named(module: str, name: str) -> bytes:
    return b"\x80\x04" + text(module) + text(name) + b"\x93."


PAYLOAD = b"cos\nsystem\n(X\x02\0\0\0idtR."


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "eval"),
        ("subprocess", "Popen"),
        ("pty", "spawn"),
        ("webbrowser", "open"),
        ("profile", "run"),
        ("code", "interact"),
        ("asyncio.unix_events", "_UnixSubprocessTransport._start"),
        ("lib2to3.pgen2.grammar", "Grammar.loads"),
        ("ctypes", "CDLL"),
        ("importlib.util", "spec_from_file_location"),
        ("idlelib.pyshell", "ModifiedInterpreter.runcode"),
        ("posix", "system"),
        ("pkgutil", "resolve_name"),
        ("types", "FunctionType"),
        ("operator", "attrgetter"),
        ("operator", "methodcaller"),
        ("functools", "reduce"),
        ("builtins", "map"),
        ("builtins", "__import__"),
        ("socket", "create_connection"),
        ("pathlib", "Path.write_text"),
        ("sys", "settrace"),
        ("logging.config", "_resolve"),
        ("distutils.spawn", "spawn"),
        ("commands", "getoutput"),
        ("copyreg", "add_extension"),
        ("runpy", "run_path"),
        ("torch", "load"),
        ("torch.hub", "load"),
        ("numpy", "load"),
        ("numpy.f2py", "crackfortran"),
        ("pandas", "read_pickle"),
        ("pandas", "eval"),
        ("joblib", "load"),
        ("dill._dill", "_create_code"),
        ("cloudpickle.cloudpickle", "_make_function"),
        ("numexpr", "evaluate"),
        ("pip", "main"),
        ("IPython", "embed"),
        ("jinja2", "Template"),
        ("numpy.testing._private.utils", "runstring"),
        ("sympy", "sympify"),
        ("yaml", "unsafe_load"),
        ("some_shop.jobs", "run"),
        ("cuda_tools.build", "compile_and_load"),
        ("mypackage.sub", "popen"),
        ("numpy.core.multiarray", "fromfile"),
    ],
)
def test_names_that_run_or_load_things_are_dangerous_even_when_only_looked_up_or_called(
    module: str, name: str, see: See, rating: Rate
) -> None:
    data = call(module, name, text("x"))
    assert rating(data) is Rating.DANGEROUS
    assert f"{module}.{name}" in {one.name for one in see(data)}


@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "system"), ("sys", "modules"), ("joblib", "load"), ("a.b", "popen"), ("webbrowser", "open")],
)
def test_names_that_run_things_are_dangerous_when_they_are_only_looked_up(module: str, name: str, rating: Rate) -> None:
    assert rating(named(module, name)) is Rating.DANGEROUS


@pytest.mark.parametrize(
    ("module", "name", "real"),
    [
        ("torch.serialization", "os.system", "os.system"),
        ("warnings", "sys.modules.get", "sys.modules.get"),
        ("tempfile", "_os.system", "os.system"),
        ("sklearn.base", "warnings.sys.modules.get", "warnings.sys.modules.get"),
        ("collections", "OrderedDict.__init__.__globals__", "OrderedDict.__init__.__globals__"),
        ("numpy", "testing.os.popen", "os.popen"),
    ],
)
def test_the_real_target_behind_a_trusted_module_is_named(
    module: str, name: str, real: str, see: See, rating: Rate
) -> None:
    data = call(module, name, text("id"))
    assert rating(data) is Rating.DANGEROUS
    assert see(data)[0].message == f"calls {real}, reached through {module}.{name}"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (named("sneaky_pkg.init", "Thing"), "pickle-unlisted-name"),
        (named("__main__", "Net"), "pickle-own-class"),
        (call("__main__", "Net", b"K\x01"), "pickle-own-class"),
        (call("mymodels.nets", "Classifier", b"K\x01"), "pickle-unlisted-call"),
        (call("mymodels.nets", "rebuild", b"K\x01"), "pickle-unlisted-call"),
        (b"\x80\x02cmymodels.nets\nNet\n)\x81}U\x01wK\x01sb.", "pickle-unlisted-call"),
    ],
)
def test_a_class_that_nobody_knows_is_unknown(data: bytes, kind: str, see: See, rating: Rate) -> None:
    assert [one.kind for one in see(data)] == [kind]
    assert rating(data) is Rating.UNKNOWN


@pytest.mark.parametrize(
    "argument",
    [
        "https://a.example/x",
        "/etc/passwd",
        "../../x",
        "C:\\x",
        "__import__('os')",
        "import os",
        "curl x.example",
        "print(1)",
        "a; id b",
    ],
)
def test_an_unknown_class_that_is_given_code_a_command_or_a_place_is_dangerous(argument: str, rating: Rate) -> None:
    assert rating(call("mymodels.nets", "Classifier", text(argument))) is Rating.DANGEROUS
    assert rating(call("mymodels.nets", "Classifier", b"}", text("k"), b"]", text(argument), b"as")) is Rating.DANGEROUS


def test_texts_that_look_dangerous_are_data(rating: Rate) -> None:
    for protocol in range(6):
        data = pickle.dumps(
            {"os.system": "__import__('os').system('id')", "cos\nsystem\n": b"cposix\nsystem\n(S'id'\ntR."}, protocol
        )
        assert rating(data) is Rating.SAFE


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_names_of_python_2_stand_for_todays_in_old_streams_only(protocol: int, see: See, rating: Rate) -> None:
    head = b"\x80\x02" if protocol == 2 else b""
    assert rating(head + b"c__builtin__\nset\n(](K\x01etR.") is Rating.SAFE
    assert see(head + b"c__builtin__\neval\n(U\x011tR.")[0].name == "builtins.eval"
    assert rating(b"\x80\x04c__builtin__\nset\n(](K\x01etR.") is not Rating.SAFE


@pytest.mark.parametrize(
    "name",
    [
        b"\xc3\xa9\xc3\xa9",
        b"a b",
        b"a..b",
        b".",
        b"x" * 5000,
        b"../../os",
        b"stdlib",
        b"(gone)",
        b"os\x00",
        b"\x1b[2Jos",
    ],
)
def test_odd_module_names_are_refused_without_reading_any_file(name: bytes, rating: Rate) -> None:
    assert rating(b"c" + name + b"\nsystem\n(tR.") is not Rating.SAFE


@pytest.mark.parametrize(
    ("module", "name", "inner"),
    [
        ("pickle", "loads", PAYLOAD),
        ("_pickle", "loads", PAYLOAD),
        ("dill", "loads", PAYLOAD),
        ("builtins", "unheard_of", zlib.compress(PAYLOAD)),
        ("zlib", "decompress", zlib.compress(PAYLOAD)),
        ("bz2", "decompress", bz2.compress(PAYLOAD)),
        ("base64", "b64decode", base64.b64encode(PAYLOAD + b"        ")),
        ("torch.storage", "_load_from_bytes", PAYLOAD),
        ("pickle", "loads", pickle.dumps(1, 2)[:-1] + b"0" + call("pickle", "loads", octets(PAYLOAD))[2:]),
    ],
)
def test_bytes_that_are_pickles_themselves_are_looked_into(module: str, name: str, inner: bytes, see: See) -> None:
    seen = see(call(module, name, octets(inner)))
    assert "os.system" in {one.name for one in seen}
    assert any(one.member for one in seen)


def test_harmless_bytes_that_a_listed_name_loads_are_safe(rating: Rate) -> None:
    inner = pickle.dumps([1.5, {"a": 2}], 2)
    assert rating(call("torch.storage", "_load_from_bytes", octets(inner))) is Rating.SAFE
    old = (
        b"\x80\x02ctorch.storage\n_load_from_bytes\nc_codecs\nencode\n"
        + text(inner.decode("latin-1"))
        + b"U\x06latin1\x86R\x85R."
    )
    assert rating(old) is Rating.SAFE
    assert rating(call("pickle", "loads", octets(inner))) is Rating.DANGEROUS


def test_nested_pickles_end_where_the_budget_does(rating: Rate) -> None:
    data = b"N."
    for _ in range(40):
        data = call("torch.storage", "_load_from_bytes", octets(data))
    assert rating(data) is not Rating.SAFE


@pytest.mark.parametrize(
    "function", [b"cbuiltins\neval\n", b"cos\nsystem\n", b"csubprocess\nrun\n", b"cnumpy\nload\n", b"cjoblib\nload\n"]
)
def test_a_callable_by_name_in_a_state_must_be_listed(function: bytes, see: See, rating: Rate) -> None:
    data = (
        b"\x80\x02csklearn.preprocessing._function_transformer\nFunctionTransformer\n)\x81}U\x04func"
        + function
        + b"sb."
    )
    assert rating(data) is Rating.DANGEROUS
    assert see(data)[0].name == function[1:-1].decode().replace("\n", ".")


def test_a_harmless_callable_in_a_state_is_safe(rating: Rate) -> None:
    data = (
        b"\x80\x02csklearn.preprocessing._function_transformer\nFunctionTransformer\n)\x81}U\x04funccbuiltins\nabs\nsb."
    )
    assert rating(data) is Rating.SAFE


def test_a_listed_value_that_is_called_is_not_safe(rating: Rate) -> None:
    assert rating(call("builtins", "abs", b"K\x01")) is Rating.DANGEROUS
    assert rating(call("numpy", "add", b"K\x01", b"K\x02")) is not Rating.SAFE


def test_a_listed_bare_class_that_is_called_is_not_safe(rating: Rate) -> None:
    assert rating(call("sklearn.linear_model._base", "LinearRegression", b"K\x01")) is Rating.UNKNOWN


def test_one_name_is_told_once(see: See) -> None:
    assert len(see(b"\x80\x02(" + b"cos\nsystem\n(U\x02idtR" * 1000 + b"t.")) == 1
