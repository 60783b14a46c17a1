"""Makes harmless artefacts of smaller libraries: survival analysis, topic models, forecasting, outliers, image models.

Run by `bench/benign.py` in an environment that has some of them: what is not installed is left out.
Left out on purpose: pickles of umap and of explainers of shap (numba's functions, which are code), and of regressions
by lifelines (formulas and closures of autograd): no list can clear them.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import joblib
import numpy as np
from benign_shelf import Shelf, run

X = np.random.RandomState(1).normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)
TEXTS = [["red", "green", "blue"], ["green", "blue", "eval"], ["os.system", "red"]] * 5


def _frame() -> Any:
    import pandas as pd

    return pd.DataFrame(X, columns=list("abcd")).assign(kind=np.where(Y > 0, "x", "y"))


def _by_name(path: str, **given: Any) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)(**given)


def _classical() -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "hdbscan", lambda: _by_name("hdbscan.HDBSCAN", min_cluster_size=5, prediction_data=True).fit(X)
    yield "hmmlearn", lambda: _by_name("hmmlearn.hmm.GaussianHMM", n_components=2, n_iter=3).fit(X)
    yield "ngboost", lambda: _by_name("ngboost.NGBRegressor", n_estimators=3, verbose=False).fit(X, X[:, 0])
    yield "ngboost", lambda: _by_name("ngboost.NGBClassifier", n_estimators=3, verbose=False).fit(X, Y)
    yield "pmdarima", lambda: _by_name("pmdarima.arima.ARIMA", order=(1, 0, 0)).fit(X[:, 0])
    for name in (
        "knn.KNN",
        "iforest.IForest",
        "lof.LOF",
        "hbos.HBOS",
        "ecod.ECOD",
        "copod.COPOD",
        "pca.PCA",
        "ocsvm.OCSVM",
    ):
        yield "pyod", lambda name=name: _by_name(f"pyod.models.{name}").fit(X)
    for name in (
        "OneHotEncoder",
        "TargetEncoder",
        "OrdinalEncoder",
        "BinaryEncoder",
        "CatBoostEncoder",
        "HashingEncoder",
        "CountEncoder",
        "WOEEncoder",
    ):
        yield (
            "category_encoders",
            lambda name=name: _by_name(f"category_encoders.{name}", cols=["kind"]).fit(_frame(), Y),
        )
    yield "feature_engine", lambda: _by_name("feature_engine.imputation.MeanMedianImputer").fit(_frame()[list("abcd")])
    yield (
        "feature_engine",
        lambda: _by_name("feature_engine.encoding.RareLabelEncoder", n_categories=1).fit(_frame()[["kind"]]),
    )
    yield "mlxtend", lambda: _by_name("mlxtend.preprocessing.TransactionEncoder").fit(TEXTS)
    yield (
        "mlxtend",
        lambda: _by_name(
            "mlxtend.classifier.EnsembleVoteClassifier", clfs=[_by_name("sklearn.linear_model.LogisticRegression")]
        ).fit(X, Y),
    )
    yield "sktime", lambda: _by_name("sktime.forecasting.naive.NaiveForecaster").fit(_frame().a)
    yield "sktime", lambda: _by_name("sktime.forecasting.trend.PolynomialTrendForecaster").fit(_frame().a)
    for name in ("KaplanMeierFitter", "NelsonAalenFitter", "BreslowFlemingHarringtonFitter"):
        yield "lifelines", lambda name=name: _survival(name)
    yield (
        "optuna",
        lambda: [
            _by_name("optuna.distributions.FloatDistribution", low=0.0, high=1.0),
            _by_name("optuna.samplers.RandomSampler", seed=1),
        ],
    )
    yield "imblearn", lambda: _by_name("imblearn.over_sampling.SMOTE")
    yield "sklearn_crfsuite", lambda: _by_name("nltk.tokenize.RegexpTokenizer", pattern=r"\w+")
    yield (
        "nltk",
        lambda: [
            _by_name("nltk.stem.PorterStemmer"),
            _by_name("nltk.stem.snowball.EnglishStemmer"),
            _by_name("nltk.FreqDist", samples=["a", "b", "a"]),
        ],
    )
    for sampler in (
        "over_sampling.RandomOverSampler",
        "under_sampling.RandomUnderSampler",
        "ensemble.BalancedRandomForestClassifier",
        "ensemble.EasyEnsembleClassifier",
        "combine.SMOTEENN",
    ):
        yield "imblearn", lambda sampler=sampler: _by_name(f"imblearn.{sampler}")
    yield (
        "omegaconf",
        lambda: importlib.import_module("omegaconf").OmegaConf.create({"lr": 0.1, "layers": [1, 2], "name": "eval"}),
    )
    yield "easydict", lambda: importlib.import_module("easydict").EasyDict({"a": 1, "b": {"c": 2}})
    yield "yacs", lambda: importlib.import_module("yacs.config").CfgNode({"A": 1, "B": {"C": 2}})
    yield "munch", lambda: importlib.import_module("munch").munchify({"a": 1, "b": {"c": 2}})
    yield "addict", lambda: importlib.import_module("addict").Dict({"a": 1, "b": {"c": 2}})
    yield "PIL", lambda: importlib.import_module("PIL.Image").new("RGB", (4, 4), "red")
    for model in ("Word2Vec", "FastText", "Doc2Vec"):
        yield "gensim", lambda model=model: _vectors(model)
    yield "gensim", lambda: importlib.import_module("gensim.corpora").Dictionary(TEXTS)
    yield "gensim", _topics


def _survival(name: str) -> Any:
    fitter = _by_name(f"lifelines.{name}")
    times = np.abs(X[:, 1]) + 0.1
    return fitter.fit(times, Y)


def _vectors(model: str) -> Any:
    models = importlib.import_module("gensim.models")
    if model == "Doc2Vec":
        tagged = [models.doc2vec.TaggedDocument(words, [index]) for index, words in enumerate(TEXTS)]
        return models.Doc2Vec(tagged, vector_size=4, min_count=1, epochs=2)
    return getattr(models, model)(TEXTS, vector_size=4, min_count=1, epochs=2)


def _topics() -> Any:
    words = importlib.import_module("gensim.corpora").Dictionary(TEXTS)
    bags = [words.doc2bow(text) for text in TEXTS]
    return importlib.import_module("gensim.models").LdaModel(bags, num_topics=2, id2word=words, passes=1)


def classical(shelf: Shelf) -> None:
    """Each fitted object, pickled and by joblib."""
    for package, make in _classical():
        if importlib.util.find_spec(package) is None:
            continue
        try:
            thing = make()
        except Exception as error:  # another version of somebody's library
            shelf.failed.append(f"{package}: {type(error).__name__}: {str(error)[:100]}")
            continue
        for protocol in (2, 4):
            with shelf.file("model.pkl", package, "pickle", f"{type(thing).__name__}, protocol {protocol}") as path:
                path.write_bytes(pickle.dumps(thing, protocol))
        with shelf.file("model.joblib", package, "joblib", type(thing).__name__) as path:
            joblib.dump(thing, path, compress=3)


def transformers(shelf: Shelf) -> None:
    """Small models of transformers, whole and as weights, and what a training leaves behind."""
    if importlib.util.find_spec("transformers") is None:
        return
    import torch
    import transformers as tf

    small = {
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 8,
        "vocab_size": 20,
    }
    kinds = {
        "Bert": "BertForSequenceClassification",
        "Roberta": "RobertaForMaskedLM",
        "Llama": "LlamaForCausalLM",
        "Qwen2": "Qwen2ForCausalLM",
        "Mistral": "MistralForCausalLM",
    }
    for kind, name in kinds.items():
        config = getattr(tf, f"{kind}Config")(
            **small, **({"num_key_value_heads": 2} if kind in {"Llama", "Qwen2", "Mistral"} else {})
        )
        model = getattr(tf, name)(config)
        model.save_pretrained(shelf.folder("transformers", "repo", name))
        for why, thing in {"weights": model.state_dict(), "whole": model, "configuration": config}.items():
            with shelf.file("pytorch_model.bin", "transformers", "pytorch", f"{name}, {why}") as path:
                out = io.BytesIO()
                torch.save(thing, out)
                path.write_bytes(out.getvalue())
    with shelf.file("training_args.bin", "transformers", "pytorch", "the arguments of a training") as path:
        torch.save(tf.TrainingArguments("out", use_cpu=True, report_to=[]), path)


def tokenizer(shelf: Shelf) -> None:
    """Save a tokenizer as JSON and pickled."""
    if importlib.util.find_spec("tokenizers") is None:
        return
    import tokenizers as tk

    made = tk.Tokenizer(tk.models.BPE(unk_token="[UNK]"))
    made.pre_tokenizer = tk.pre_tokenizers.ByteLevel()
    made.train_from_iterator(
        ["eval and exec are words", "import os"] * 20, tk.trainers.BpeTrainer(vocab_size=300, special_tokens=["[UNK]"])
    )
    with shelf.file("tokenizer.json", "tokenizers", "json", "byte pairs") as path:
        made.save(str(path))
    with shelf.file("tokenizer.pkl", "tokenizers", "pickle", "byte pairs") as path:
        path.write_bytes(pickle.dumps(made))


if __name__ == "__main__":
    run(classical, transformers, tokenizer)
