"""Makes harmless artefacts of plain Python data, numpy, pandas and the boosting libraries.

Run by `bench/benign.py` in every environment: a part whose package is missing there is left out.
"""

from __future__ import annotations

import array
import collections
import datetime as dt
import decimal
import fractions
import functools
import gzip
import http
import importlib
import importlib.util
import ipaddress
import itertools
import math
import operator
import pathlib
import pickle
import random
import re
import shelve
import string
import types
import uuid
import zoneinfo
from collections.abc import Iterator
from typing import Any

import joblib
import numpy as np
from benign_shelf import Shelf, run

UTC = dt.UTC


def _shared() -> list[Any]:
    once = [1, 2]
    return [once, once, {"k": once}]


def _itself() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


def _plain() -> Iterator[tuple[str, Any]]:
    now = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    yield "numbers", [1, -1, 2**80, 1.5, float("inf"), 1j, True, None, 255, 256, 65536, -(2**31)]
    yield (
        "dates",
        [
            now,
            now.date(),
            now.time(),
            dt.timedelta(1, 2, 3),
            dt.timezone(dt.timedelta(hours=2)),
            now.replace(tzinfo=zoneinfo.ZoneInfo("UTC")),
        ],
    )
    yield "exact numbers", [decimal.Decimal("1.10"), fractions.Fraction(1, 3), decimal.Decimal("NaN")]
    yield "sets", [{1, 2}, frozenset("ab"), {(1, 2), "x"}, set()]
    yield (
        "queues",
        [collections.deque([1, 2], maxlen=3), collections.Counter("aab"), collections.ChainMap({"a": 1}, {"b": 2})],
    )
    yield "ordered", collections.OrderedDict([("b", 1), ("a", 2)])
    yield "default", collections.defaultdict(list, {"a": [1]})
    yield "default, nested", collections.defaultdict(int, {"x": 1, "y": 2})
    yield "ids", [uuid.UUID(int=5), uuid.UUID("12345678123456781234567812345678")]
    yield "paths", [pathlib.PurePosixPath("/a/b"), pathlib.PureWindowsPath("c:/a"), pathlib.Path("models/a.bin")]
    yield "addresses", [ipaddress.ip_address("192.0.2.1"), ipaddress.ip_network("2001:db8::/32")]
    yield (
        "words of danger",
        {"os.system": 1, "eval": 2, "__import__('os')": 3, "cposix\nsystem\n": "subprocess", "c": "builtins exec"},
    )
    yield "bytes", [b"", b"\x80\x04.", bytearray(b"abc"), b"x" * 300, b"cos\nsystem\n(S'id'\ntR."]
    yield "shared", _shared()
    yield "itself", _itself()
    yield "deep", functools.reduce(lambda inner, _: [inner], range(90), 1)
    yield "enumerations", [http.HTTPStatus.OK, re.IGNORECASE, uuid.SafeUUID.unknown]
    yield "namespace", types.SimpleNamespace(a=1, b=[2])
    yield "arrays", [array.array("d", [1.5]), array.array("i", [1, 2])]
    yield "patterns", [re.compile(r"(?i)\b\w+\b"), re.compile(rb"a+")]
    yield "random state", [random.Random(4), random.Random(4).getstate()]
    yield "functions", [len, math.sqrt, operator.itemgetter(1), operator.add, functools.partial(int, base=2), str.lower]
    yield "types", [int, str, list, dict, type(None), collections.OrderedDict, dt.date, range]
    yield "ranges", [range(3), slice(1, 2), Ellipsis, NotImplemented]
    yield "iterators", [iter([1, 2]), itertools.count(3)]
    yield "exceptions", [ValueError("x"), KeyError(1), OSError(2, "none")]
    yield "templates", string.Template("$a")
    yield "vocabulary", {"".join(random.choices(string.ascii_letters, k=6)): index for index in range(4000)}
    yield "tuples", [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((),)]
    yield "long text", "word " * 20000
    yield "unicode", ["ä", "\ud800"[:0], "\u202e", "🙂", "line\nbreak", "\\u0041", "'quoted'"]
    yield "history", {"loss": [0.1, 0.2], "metrics": {"acc": np.float64(0.9), "n": np.int64(3)}, "when": now}
    yield "context", decimal.Context(prec=9)


def _foreign(module: str) -> Any:
    """Return dill or cloudpickle, without dill's changes to everybody's pickles."""
    found = importlib.import_module(module)
    if module == "dill":
        found.extend(use_dill=False)
    return found


def plain(shelf: Shelf) -> None:
    """Plain data in every protocol, and dill and cloudpickle of it."""
    for why, thing in _plain():
        for protocol in range(6):
            with shelf.file("data.pkl", "python-data", "pickle", f"{why}, protocol {protocol}") as path:
                path.write_bytes(pickle.dumps(thing, protocol))
        with shelf.file("data.joblib", "python-data", "joblib", why) as path:
            joblib.dump(thing, path)
        if why in {"functions", "types", "ranges", "patterns", "iterators"}:
            continue  # dill and cloudpickle write code for these
        for module in ("dill", "cloudpickle"):
            with shelf.file(f"data.{module}", "python-data", module, why) as path, path.open("wb") as out:
                _foreign(module).dump(thing, out)
        with shelf.file("data.pkl.gz", "python-data", "pickle+gz", why) as path, gzip.open(path, "wb") as out:
            pickle.dump(thing, out)
    with shelf.file("several.pkl", "python-data", "pickle", "several streams") as path, path.open("wb") as out:
        for number in range(5):
            pickle.dump({"epoch": number}, out)
    place = shelf.folder("python-data", "shelve", "a shelf of data")
    with shelve.Shelf(__import__("dbm.dumb").dumb.open(str(place / "kept"), "c")) as kept:
        kept["a"], kept["b"] = [1, 2], {"x": 1.5}


def _arrays() -> Iterator[tuple[str, Any]]:
    for kind in ("f8", "f4", "f2", "i8", "u1", "?", "c16", "S5", "U5", "M8[s]", "m8[D]", ">f8", "O"):
        yield f"array {kind}", np.array([0, 1, 2], dtype="i8").astype(kind)
    yield "empty", np.empty((0, 3))
    yield "scalar", np.float32(1.5)
    yield "fortran", np.asfortranarray(np.eye(4))
    yield "records", np.array([(1, 2.0, "a")], dtype=[("a", "i4"), ("b", "f8"), ("c", "U3")])
    yield "nested records", np.zeros(2, dtype=[("a", [("x", "f4"), ("y", "f4")]), ("b", "i4", (2, 2))])
    yield "masked", np.ma.array([1, 2], mask=[True, False])
    yield "matrix", np.matrix([[1, 2]])
    yield "rec", np.rec.array([(1, 2.0)], names="a,b")
    yield "objects", np.array([None, "a", [1], {"k": 2}], dtype=object)
    yield "ragged", np.array([np.arange(2), np.arange(3)], dtype=object)
    yield "types", [np.float64, np.dtype("f4"), np.int32, np.log1p, np.mean, np.nan]
    yield "polynomials", [np.polynomial.Polynomial([1, 2]), np.poly1d([1, 2]), np.polynomial.Chebyshev([1])]
    yield (
        "states",
        [
            np.random.RandomState(1),
            np.random.default_rng(2),
            np.random.Generator(np.random.MT19937(3)),
            np.random.SeedSequence(4),
            np.random.Generator(np.random.Philox(1)),
        ],
    )


def arrays(shelf: Shelf) -> None:
    """Arrays: npy, npz plain and compressed, pickled, by joblib."""
    for why, thing in _arrays():
        for protocol in (0, 2, 4, 5):
            with shelf.file("array.pkl", "numpy", "pickle", f"{why}, protocol {protocol}") as path:
                path.write_bytes(pickle.dumps(thing, protocol))
        for compress in (0, 3, ("bz2", 3)):
            with shelf.file("array.joblib", "numpy", "joblib", f"{why}, {compress}") as path:
                joblib.dump([thing, thing], path, compress=compress)
        if isinstance(thing, np.ndarray):
            with shelf.file("array.npy", "numpy", "npy", why) as path:
                np.save(path, thing, allow_pickle=True)
            with shelf.file("arrays.npz", "numpy", "npz", why) as path:
                np.savez_compressed(path, a=thing, b=np.arange(3))
    with shelf.file("zeros.npz", "numpy", "npz", "zeros, which pack a thousand times") as path:
        np.savez_compressed(path, weights=np.zeros((2000, 1000)), bias=np.zeros(9))
    with shelf.file("zeros.npy", "numpy", "npy", "zeros") as path:
        np.save(path, np.zeros((500, 500)))


def _frames() -> Iterator[tuple[str, Any]]:
    import pandas as pd

    frame = pd.DataFrame(
        {"a": [1, 2], "b": ["x", "y"], "c": pd.Categorical(["u", "v"]), "d": pd.date_range("2020", periods=2)}
    )
    yield "frame", frame
    yield (
        "many types",
        frame.assign(
            e=pd.array([1, None], dtype="Int64"),
            f=pd.period_range("2020", periods=2, freq="M"),
            g=pd.to_timedelta([1, 2]),
            h=pd.array([True, None], dtype="boolean"),
            i=pd.arrays.SparseArray([0, 1]),
        ),
    )
    yield "index of several levels", frame.set_index(["a", "b"])
    yield (
        "time zones",
        pd.DataFrame(
            {"t": pd.date_range("2020", periods=2, tz="UTC"), "p": pd.date_range("2020", periods=2, tz="Europe/Paris")}
        ),
    )
    yield "intervals", pd.DataFrame({"v": [1, 2]}, index=pd.interval_range(0, 2))
    yield "texts", frame.b.astype("string")
    yield "series", [frame.a, frame.b, frame.c, frame.d]
    yield (
        "indexes",
        [
            pd.RangeIndex(3),
            pd.Index([1, 2]),
            pd.Index(["a"]),
            pd.DatetimeIndex(["2020"]),
            pd.TimedeltaIndex(["1D"]),
            pd.PeriodIndex(["2020"], freq="Y"),
            pd.CategoricalIndex(["a"]),
            pd.MultiIndex.from_tuples([(1, "a")]),
            pd.Index([1.5]),
        ],
    )
    yield (
        "scalars",
        [
            pd.Timestamp("2020"),
            pd.Timestamp("2020", tz="UTC"),
            pd.Timedelta("1D"),
            pd.NaT,
            pd.NA,
            pd.Period("2020"),
            pd.Interval(0, 1),
            pd.offsets.BDay(2),
            pd.offsets.MonthEnd(),
            pd.DateOffset(days=1),
        ],
    )
    yield (
        "types",
        [
            pd.CategoricalDtype(["a"]),
            pd.Int64Dtype(),
            pd.StringDtype(),
            pd.DatetimeTZDtype(tz="UTC"),
            pd.PeriodDtype("D"),
            pd.SparseDtype("f8"),
            pd.IntervalDtype("int64"),
            pd.BooleanDtype(),
        ],
    )
    yield "grouped", frame.groupby("b").a.agg(["sum", "mean"])
    yield "objects", pd.DataFrame({"o": [[1], {"k": 2}]})


def frames(shelf: Shelf) -> None:
    """Tables, as pandas pickles them and by hand."""
    import pandas as pd

    for why, thing in _frames():
        for protocol in (2, 3, 4, 5):
            with shelf.file(
                "frame.pkl", "pandas", "pickle", f"{why}, protocol {protocol}, pandas {pd.__version__}"
            ) as path:
                path.write_bytes(pickle.dumps(thing, protocol))
        if hasattr(thing, "to_pickle"):
            for end in (".gz", ".bz2", ".xz", ".zip", ""):
                with shelf.file(f"frame.pkl{end}", "pandas", f"pickle{end}", f"{why}, pandas {pd.__version__}") as path:
                    thing.to_pickle(path)


def _boosters() -> Iterator[tuple[str, str, Any, dict[str, str]]]:
    rng = np.random.RandomState(1)
    x, y = rng.normal(size=(80, 4)), rng.randint(0, 2, 80)
    try:
        import xgboost as xgb

        for cls in (xgb.XGBClassifier, xgb.XGBRegressor, xgb.XGBRFClassifier):
            yield (
                "xgboost",
                cls.__name__,
                cls(n_estimators=3).fit(x, y),
                {"json": "save_model", "ubj": "save_model", "bin": "save_model"},
            )
        yield (
            "xgboost",
            "Booster",
            xgb.train({"max_depth": 2}, xgb.DMatrix(x, y), 3),
            {"json": "save_model", "ubj": "save_model"},
        )
    except ImportError:
        pass
    try:
        import lightgbm as lgb

        for cls in (lgb.LGBMClassifier, lgb.LGBMRegressor, lgb.LGBMRanker):
            given = {"group": [40, 40]} if cls is lgb.LGBMRanker else {}
            model = cls(n_estimators=3, verbose=-1).fit(x, y, **given)
            yield "lightgbm", cls.__name__, model, {}
            yield "lightgbm", f"{cls.__name__}, booster", model.booster_, {"txt": "save_model"}
    except ImportError:
        pass
    try:
        import catboost as cat

        for cls in (cat.CatBoostClassifier, cat.CatBoostRegressor):
            model = cls(iterations=3, verbose=False, allow_writing_files=False).fit(x, y)
            yield "catboost", cls.__name__, model, {"cbm": "save_model", "json": "save_model", "onnx": "save_model"}
    except ImportError:
        pass


def boosters(shelf: Shelf) -> None:
    """Boosted trees: pickles, and the formats of their own."""
    for kind, why, model, own in _boosters():
        for protocol in (2, 4, 5):
            with shelf.file("model.pkl", kind, "pickle", f"{why}, protocol {protocol}") as path:
                path.write_bytes(pickle.dumps(model, protocol))
        with shelf.file("model.joblib", kind, "joblib", why) as path:
            joblib.dump(model, path, compress=3)
        for end, save in own.items():
            with shelf.file(f"model.{end}", kind, f"{kind}-{end}", why) as path:
                getattr(model, save)(str(path), **({"format": end} if kind == "catboost" else {}))


def statistics(shelf: Shelf) -> None:
    """Results of statsmodels, networks of networkx, tables of polars."""
    import statsmodels.api as sm

    rng = np.random.RandomState(1)
    x, y = sm.add_constant(rng.normal(size=(50, 2))), rng.normal(size=50)
    makers = {
        "OLS": lambda: sm.OLS(y, x).fit(),
        "GLM": lambda: sm.GLM(abs(y), x, family=sm.families.Poisson()).fit(),
        "Logit": lambda: sm.Logit(y > 0, x).fit(disp=0),
        "ARIMA": lambda: sm.tsa.ARIMA(y, order=(1, 0, 0)).fit(),
        "RLM": lambda: sm.RLM(y, x).fit(),
        "WLS": lambda: sm.WLS(y, x).fit(),
        "smoothing": lambda: sm.tsa.SimpleExpSmoothing(y).fit(),
    }
    for why, make in makers.items():
        with shelf.file("results.pkl", "statsmodels", "pickle", why) as path:
            make().save(str(path))
        with shelf.file("model.pkl", "statsmodels", "pickle", f"{why}, without the data") as path:
            make().save(str(path), remove_data=True)


def graphs(shelf: Shelf) -> None:
    """Networks of networkx and tables of polars, where they are installed."""
    try:
        import networkx as nx

        for graph in (nx.path_graph(5), nx.DiGraph([(1, 2)]), nx.MultiGraph([(1, 2), (1, 2)])):
            with shelf.file("graph.pkl", "networkx", "pickle", type(graph).__name__) as path:
                path.write_bytes(pickle.dumps(graph))
        import polars as pl

        for table in (pl.DataFrame({"a": [1, 2], "b": ["x", None]}), pl.Series([1.5]), pl.Int64, pl.Datetime("us")):
            with shelf.file("table.pkl", "polars", "pickle", type(table).__name__) as path:
                path.write_bytes(pickle.dumps(table))
    except ImportError:
        pass


def skopped(shelf: Shelf) -> None:
    """Estimators saved by skops."""
    if importlib.util.find_spec("skops") is None:
        return
    import skops.io
    from sklearn import ensemble, linear_model, pipeline, preprocessing, svm

    x, y = np.random.RandomState(1).normal(size=(40, 3)), np.arange(40) % 2
    made = (
        linear_model.LogisticRegression(),
        ensemble.RandomForestClassifier(4),
        svm.SVC(),
        pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.Ridge()),
        ensemble.GradientBoostingRegressor(n_estimators=3),
        preprocessing.FunctionTransformer(np.log1p),
        linear_model.SGDClassifier(),
        preprocessing.OneHotEncoder(),
    )
    for model in made:
        with shelf.file("model.skops", "sklearn", "skops", type(model).__name__) as path:
            skops.io.dump(model.fit(x, y), path)
        with shelf.file("small.skops", "sklearn", "skops", f"{type(model).__name__}, compressed") as path:
            skops.io.dump(model, path, compression=8)


def estimators_by_others(shelf: Shelf) -> None:
    """Estimators by dill and cloudpickle, which name what can be imported."""
    from sklearn import ensemble, linear_model, pipeline, preprocessing

    x, y = np.random.RandomState(1).normal(size=(40, 3)), np.arange(40) % 2
    for model in (
        linear_model.LogisticRegression(),
        ensemble.RandomForestClassifier(3),
        pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()),
    ):
        for module in ("dill", "cloudpickle"):
            with shelf.file(f"model.{module}.pkl", "sklearn", module, type(model).__name__) as path:
                path.write_bytes(_foreign(module).dumps(model.fit(x, y)))


if __name__ == "__main__":
    run(plain, arrays, frames, boosters, statistics, graphs, skopped, estimators_by_others)
