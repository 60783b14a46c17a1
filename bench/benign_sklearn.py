"""Makes harmless artefacts of scikit-learn: every estimator there is, fitted, in every way of saving.

Run by `bench/benign.py` in each environment that has scikit-learn: old and new versions give different files.
"""

from __future__ import annotations

import bz2
import gzip
import itertools
import lzma
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn
from benign_shelf import Shelf, run
from sklearn.utils import all_estimators

Saver = Callable[[Any, Path], None]
COMPRESSED = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}


def _pickled(protocol: int) -> Saver:
    return lambda thing, path: path.write_bytes(pickle.dumps(thing, protocol))


def _joblib(compress: Any, protocol: int | None = None) -> Saver:
    return lambda thing, path: joblib.dump(thing, path, compress=compress, protocol=protocol)


def _squeezed(how: str) -> Saver:
    def save(thing: Any, path: Path) -> None:
        with COMPRESSED[how](path, "wb") as out:
            pickle.dump(thing, out)

    return save


def ways() -> Iterator[tuple[str, str, Saver]]:
    """Every way of saving: file name, format, function."""
    for protocol in range(6):
        yield ("model.pkl", "pickle", _pickled(protocol))
    yield ("model.joblib", "joblib", _joblib(0))
    yield ("model.joblib", "joblib", _joblib(0, 2))
    yield ("model.joblib", "joblib", _joblib(3))
    yield from (("model.joblib", f"joblib+{how}", _joblib((how, 3))) for how in ("zlib", "gzip", "bz2", "xz", "lzma"))
    yield ("model.pkl.z", "joblib+zlib", _joblib(("zlib", 9)))
    yield ("model.joblib.lz4", "joblib+lz4", _joblib(("lz4", 1)))
    yield from ((f"model.pkl.{how}", f"pickle+{how}", _squeezed(how)) for how in COMPRESSED)


def _data(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.RandomState(seed)
    x = np.abs(rng.normal(size=(60, 5)))
    return x, (x[:, 0] > 0.6).astype(int) + (x[:, 1] > 1.2), x @ np.arange(1, 6)


def _made(cls: type) -> Any:
    """Make an instance of a class of estimators, with parts where it needs some."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.preprocessing import StandardScaler

    parts: list[dict[str, Any]] = [
        {},
        {"estimator": LogisticRegression()},
        {"base_estimator": LogisticRegression()},
        {"estimators": [("a", LogisticRegression()), ("b", LogisticRegression(C=0.1))]},
        {"transformers": [("a", StandardScaler(), [0, 1])]},
        {"transformer_list": [("a", StandardScaler())]},
        {"steps": [("a", StandardScaler()), ("b", Ridge())]},
        {"estimator": LogisticRegression(), "param_grid": {"C": [0.1, 1.0]}},
        {"estimator": LogisticRegression(), "param_distributions": {"C": [0.1, 1.0, 2.0]}, "n_iter": 2},
        {"dictionary": np.eye(5)},
    ]
    for given in parts:
        try:
            return cls(**given)
        except TypeError:
            continue
    raise TypeError(f"{cls.__name__} wants something else")


def _fitted(cls: type, seed: int) -> Any:
    """Return the estimator after a fit; unfitted where none of the usual data suits it."""
    x, classes, numbers = _data(seed)
    texts = ["a harmless text", "another one", "os.system is a word here"] * 20
    records = [{"a": 1.0, "b": "x"}, {"a": 2.0}] * 30
    several = classes[:, None] == [0, 1]
    tries: list[tuple[Any, ...]] = [(x, classes), (x, numbers), (x, x[:, :2]), (x,), (x, several), (texts,), (records,)]
    tries += [(classes,), (x[:, 0], numbers), ([{"a", "b"}] * 9,)]
    thing = _made(cls)
    for given in tries:
        try:
            thing.fit(*given)
        except Exception:  # the wrong data for this one
            thing = _made(cls)
        else:
            return thing
    return thing


def every_estimator(shelf: Shelf) -> None:
    """Every class that scikit-learn lists, each in the next way of saving."""
    turn = itertools.cycle(ways())
    for name, cls in all_estimators():
        file, fmt, save = next(turn)
        with shelf.file(file, "sklearn", fmt, f"{name} of scikit-learn {sklearn.__version__}") as path:
            save(_fitted(cls, shelf.seed), path)


def _compositions(seed: int) -> Iterator[tuple[str, Any]]:
    from scipy import stats
    from sklearn import (
        calibration,
        compose,
        ensemble,
        feature_extraction,
        feature_selection,
        impute,
        linear_model,
        metrics,
        model_selection,
        naive_bayes,
        neighbors,
        pipeline,
        preprocessing,
        svm,
    )

    x, y, _ = _data(seed)
    scaled = pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression())
    yield "pipeline", scaled.fit(x, y)
    log = preprocessing.FunctionTransformer(np.log1p, inverse_func=np.expm1, validate=True)
    yield "function transformer", pipeline.make_pipeline(log, svm.SVC(probability=True)).fit(x, y)
    best = feature_selection.SelectKBest(feature_selection.f_classif, k=3)
    yield "feature selection", pipeline.make_pipeline(best, ensemble.RandomForestClassifier(5)).fit(x, y)
    chi = feature_selection.SelectPercentile(feature_selection.chi2)
    yield "chi2", pipeline.make_pipeline(chi, naive_bayes.MultinomialNB()).fit(x, y)
    mutual = feature_selection.SelectKBest(feature_selection.mutual_info_classif, k=2)
    yield "mutual information", mutual.fit(x, y)
    drawn = {"C": stats.loguniform(0.1, 9), "fit_intercept": [True, False]}
    yield (
        "random search",
        model_selection.RandomizedSearchCV(linear_model.LogisticRegression(), drawn, n_iter=2).fit(x, y),
    )
    uniform = {"alpha": stats.uniform(0, 1), "l1_ratio": stats.uniform(0.1, 0.5)}
    yield (
        "random search, uniform",
        model_selection.RandomizedSearchCV(linear_model.ElasticNet(), uniform, n_iter=2).fit(x, y),
    )
    trees = {"max_depth": stats.randint(2, 5), "n_estimators": [3]}
    yield (
        "random search, randint",
        model_selection.RandomizedSearchCV(ensemble.RandomForestClassifier(), trees, n_iter=2).fit(x, y),
    )
    grid = {"logisticregression__C": [0.1, 1.0]}
    yield (
        "grid search",
        model_selection.GridSearchCV(scaled, grid, scoring=metrics.make_scorer(metrics.f1_score, average="macro")).fit(
            x, y
        ),
    )
    yield (
        "grid, folds",
        model_selection.GridSearchCV(svm.SVC(), {"C": [1]}, cv=model_selection.StratifiedKFold(3), refit=True).fit(
            x, y
        ),
    )
    yield "calibrated", calibration.CalibratedClassifierCV(svm.LinearSVC()).fit(x, y)
    yield (
        "isotonic calibration",
        calibration.CalibratedClassifierCV(naive_bayes.GaussianNB(), method="isotonic").fit(x, y),
    )
    stack = [("f", ensemble.RandomForestClassifier(3)), ("k", neighbors.KNeighborsClassifier())]
    yield "stacking", ensemble.StackingClassifier(stack).fit(x, y)
    yield "voting", ensemble.VotingClassifier(stack, voting="soft").fit(x, y)
    yield "bagging", ensemble.BaggingClassifier(neighbors.KNeighborsClassifier(algorithm="ball_tree")).fit(x, y)
    yield "boosting", ensemble.HistGradientBoostingClassifier(max_iter=3, early_stopping=True).fit(x, y)
    texts, labels = ["good words", "bad words", "eval and exec are words"] * 5, [0, 1, 1] * 5
    words = feature_extraction.text.TfidfVectorizer(ngram_range=(1, 2), stop_words="english", strip_accents="unicode")
    yield "text", pipeline.make_pipeline(words, linear_model.SGDClassifier()).fit(texts, labels)
    hashed = feature_extraction.text.HashingVectorizer(n_features=64, alternate_sign=False)
    yield "hashed text", pipeline.make_pipeline(hashed, naive_bayes.MultinomialNB()).fit(texts, labels)
    lowered = feature_extraction.text.CountVectorizer(preprocessor=str.lower, token_pattern=r"\b\w+\b", binary=True)
    yield "text, a method as preprocessor", lowered.fit(texts)
    union = pipeline.FeatureUnion([("s", preprocessing.MinMaxScaler()), ("p", preprocessing.PolynomialFeatures(2))])
    yield "union", union.fit(x)
    filled = impute.SimpleImputer(strategy="median", add_indicator=True).fit(np.where(x > 2, np.nan, x))
    yield "imputer", filled
    yield (
        "regression on a log",
        compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1).fit(x, x[:, 0]),
    )


def _tables(seed: int) -> Iterator[tuple[str, Any]]:
    import pandas as pd
    from sklearn import compose, impute, linear_model, pipeline, preprocessing

    x, y, _ = _data(seed)
    table = pd.DataFrame(x, columns=list("abcde")).assign(kind=np.where(y > 0, "left", "right"))
    known = preprocessing.OneHotEncoder(handle_unknown="ignore")
    numbers = pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.RobustScaler())
    split = compose.ColumnTransformer([("n", numbers, list("abc")), ("k", known, ["kind"])], remainder="passthrough")
    yield "columns", pipeline.make_pipeline(split, linear_model.LogisticRegression()).fit(table, y)
    chosen = compose.make_column_transformer(
        (preprocessing.StandardScaler(), compose.make_column_selector(dtype_include="number"))
    )
    yield "column selector", chosen.fit(table)
    yield (
        "columns by callable",
        compose.make_column_transformer((known, compose.make_column_selector("kind"))).fit(table),
    )
    framed = pipeline.make_pipeline(preprocessing.StandardScaler())
    if hasattr(framed, "set_output"):
        framed.set_output(transform="pandas")
    yield "pandas output", framed.fit(table[list("abc")])
    yield (
        "model and table together",
        {"model": framed, "columns": table.columns, "dtypes": table.dtypes, "head": table.head()},
    )


def _kernels(seed: int) -> Iterator[tuple[str, Any]]:
    from sklearn import (
        ensemble,
        feature_selection,
        gaussian_process,
        linear_model,
        metrics,
        model_selection,
        neighbors,
        svm,
    )

    x, y, numbers = _data(seed)
    shapes = gaussian_process.kernels
    kernel = shapes.ConstantKernel(1.0) * shapes.RBF() + shapes.WhiteKernel() + shapes.Matern(nu=1.5) ** 2
    yield "gaussian process", gaussian_process.GaussianProcessRegressor(kernel).fit(x, numbers)
    yield (
        "gaussian classes",
        gaussian_process.GaussianProcessClassifier(shapes.RationalQuadratic() * shapes.DotProduct()).fit(x, y),
    )
    yield "svm with a kernel function", svm.SVC(kernel=metrics.pairwise.rbf_kernel).fit(x, y)
    yield (
        "neighbours by a metric function",
        neighbors.KNeighborsClassifier(
            metric=metrics.pairwise.cosine_distances and "minkowski", p=3, algorithm="kd_tree"
        ).fit(x, y),
    )
    yield (
        "scorers",
        {name: metrics.get_scorer(name) for name in ("accuracy", "roc_auc", "neg_mean_squared_error", "r2")},
    )
    yield (
        "splitters",
        [
            model_selection.KFold(3, shuffle=True, random_state=1),
            model_selection.ShuffleSplit(2),
            model_selection.TimeSeriesSplit(2),
            model_selection.GroupKFold(2),
            model_selection.RepeatedKFold(),
        ],
    )
    yield "random states", [np.random.RandomState(seed), np.random.default_rng(seed)]
    rng = np.random.RandomState(3)
    yield "a forest with a random state", ensemble.ExtraTreesClassifier(4, random_state=rng).fit(x, y)
    yield "recursive elimination", feature_selection.RFECV(linear_model.LogisticRegression(), cv=2).fit(x, y)
    for loss in ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron"):
        yield f"SGD {loss}", linear_model.SGDClassifier(loss=loss).fit(x, y)
    for loss in ("squared_error", "huber", "epsilon_insensitive"):
        yield f"SGD {loss}", linear_model.SGDRegressor(loss=loss).fit(x, numbers)
    for loss in ("squared_error", "absolute_error", "huber", "quantile"):
        yield f"boosting {loss}", ensemble.GradientBoostingRegressor(loss=loss, n_estimators=3).fit(x, numbers)
    for metric in ("manhattan", "chebyshev", "haversine", "seuclidean"):
        given = {"V": np.ones(5)} if metric == "seuclidean" else None
        data = x[:, :2] if metric == "haversine" else x
        yield (
            f"ball tree {metric}",
            neighbors.NearestNeighbors(algorithm="ball_tree", metric=metric, metric_params=given).fit(data),
        )
    yield "bare trees", [neighbors.KDTree(x), neighbors.BallTree(x)]
    yield "results", model_selection.cross_validate(linear_model.LogisticRegression(), x, y, return_estimator=True)


def compositions(shelf: Shelf) -> None:
    """Save what people build of the estimators, each in two ways of saving."""
    turn = itertools.cycle(ways())
    for source in (_compositions, _tables, _kernels):
        found = source(shelf.seed)
        while True:
            try:
                why, thing = next(found)
            except StopIteration:
                break
            except Exception as error:  # this version has another signature: what follows in this source is lost
                shelf.failed.append(f"{source.__name__}: {type(error).__name__}: {str(error)[:100]}")
                break
            for file, fmt, save in itertools.islice(turn, 2):
                with shelf.file(file, "sklearn", fmt, f"{why}, scikit-learn {sklearn.__version__}") as path:
                    save(thing, path)


if __name__ == "__main__":
    run(every_estimator, compositions)
