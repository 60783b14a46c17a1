"""Packages that evaluate some of what a pickle gives them: what they write themselves is safe, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accord.scan.rating import Rating, Sight

See = Callable[..., list[Sight]]
Rate = Callable[..., Rating]

TEMPLATE = """
def _parse_args(self, a, b, loc=0, scale=1):
    return (a, b, ), loc, scale

def _parse_args_rvs(self, a, b, loc=0, scale=1, size=None):
    return self._argcheck_rvs(a, b, loc, scale, size=size)

def _parse_args_stats(self, a, b, loc=0, scale=1, moments='mv'):
    return (a, b, ), loc, scale, moments
"""
NORM = "scipy.stats._continuous_distns norm_gen"
DATA = "statsmodels.base.data ModelData"
MEMORY = "joblib.memory Memory"


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + len(data).to_bytes(4, "little") + data


def call(name: str, args: bytes) -> bytes:
    return b"\x80\x04c" + name.replace(" ", "\n").encode() + b"\n(" + args + b"tR."


def built(name: str, **state: bytes) -> bytes:
    fields = b"".join(text(key) + value for key, value in state.items())
    return b"\x80\x04c" + name.replace(" ", "\n").encode() + b"\n)\x81}(" + fields + b"ub."


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (built(NORM, _parse_arg_template=text(TEMPLATE.replace("a, b, loc", "a, b, loc"))), Rating.SAFE),
        (built(NORM, _parse_arg_template=text(TEMPLATE + "import os\n")), Rating.DANGEROUS),
        (built(NORM, _parse_arg_template=text("import os")), Rating.DANGEROUS),
        (built(NORM, _parse_arg_template=b"](K\x01e"), Rating.DANGEROUS),
        (built(NORM, _parse_arg_template=text(TEMPLATE.replace("loc=0", "loc=print(1)"))), Rating.DANGEROUS),
        (b"\x80\x04cscipy.stats._continuous_distns\nnorm_gen\n)\x81cbuiltins\nlen\nb.", Rating.UNKNOWN),
        (built(DATA, endog=b"N"), Rating.SAFE),
        (built(DATA, restore_design_info=b"\x88"), Rating.DANGEROUS),
        (built(MEMORY, location=b"N", store_backend=b"N"), Rating.SAFE),
        (built(MEMORY, location=text("/tmp/x")), Rating.DANGEROUS),
        (call("dill._dill _load_type", text("int")), Rating.SAFE),
        (call("dill._dill _load_type", text("eval")), Rating.DANGEROUS),
        (call("dill._dill _load_type", text("AttrGetterType")), Rating.DANGEROUS),
        (call("dill._dill _load_type", b"cos\nsystem\n"), Rating.DANGEROUS),
        (call("cloudpickle.cloudpickle _builtin_type", text("NoneType")), Rating.SAFE),
        (call("cloudpickle.cloudpickle _builtin_type", text("CodeType")), Rating.DANGEROUS),
        (call("dill._dill _eval_repr", text("Ellipsis")), Rating.SAFE),
        (call("dill._dill _eval_repr", text("slice(None, 3, None)")), Rating.SAFE),
        (call("dill._dill _eval_repr", text("print(1)")), Rating.DANGEROUS),
        (
            call(
                "dill._dill _getattr", b"cbuiltins\nstr\n" + text("lower") + text("<method 'lower' of 'str' objects>")
            ),
            Rating.SAFE,
        ),
        (
            call("dill._dill _getattr", b"cbuiltins\nstr\n" + text("lower") + text("<'a' 'print(1)' b>")),
            Rating.DANGEROUS,
        ),
        (call("dill._dill _create_array", b"cos\nsystem\n(" + text("id") + b"t"), Rating.DANGEROUS),
        (call("dill._dill _create_array", b"cnumpy\nndarray\n(K\x00tNN"), Rating.SAFE),
    ],
)
def test_what_a_package_evaluates_decides(data: bytes, expected: Rating, see: See, rating: Rate) -> None:
    assert rating(data) is expected, see(data)


def test_a_state_that_is_set_twice_is_looked_at_twice(rating: Rate) -> None:
    once = built(NORM, _parse_arg_template=text(TEMPLATE))[:-1]
    assert rating(once + b"}" + text("_parse_arg_template") + text("import os") + b"sb.") is Rating.DANGEROUS


@pytest.mark.parametrize("key", ["__networkx_cache__", "__immutable__", "__doc__"])
def test_bookkeeping_with_underscores_is_safe(key: str, rating: Rate) -> None:
    assert rating(built("argparse Namespace", **{key: b"N"})) is Rating.SAFE


@pytest.mark.parametrize(
    "key", ["__setstate__", "__class__", "__array_interface__", "__reduce_ex__", "__getattr__", "__code__"]
)
def test_hooks_in_a_state_are_dangerous(key: str, rating: Rate) -> None:
    assert rating(built("argparse Namespace", **{key: b"N"})) is Rating.DANGEROUS
