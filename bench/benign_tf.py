"""Makes harmless artefacts of TensorFlow: SavedModels, TFLite files, frozen graphs, Keras files by that backend.

Run by `bench/benign.py` in the environment that has TensorFlow.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from benign_shelf import Shelf, run

os.environ.update({"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""})


def _models() -> dict[str, Any]:
    import keras as k

    layers = k.layers
    return {
        "dense": k.Sequential(
            [k.Input((4,)), layers.Dense(4, activation="relu"), layers.Dense(2, activation="softmax")]
        ),
        "image": k.Sequential(
            [
                k.Input((8, 8, 3)),
                layers.Conv2D(2, 3),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.GlobalAveragePooling2D(),
                layers.Dense(1),
            ]
        ),
        "words": k.Sequential([k.Input((5,)), layers.Embedding(9, 4), layers.LSTM(3, unroll=True), layers.Dense(1)]),
        "separable": k.Sequential(
            [k.Input((8, 8, 3)), layers.SeparableConv2D(4, 3), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(1)]
        ),
    }


def networks(shelf: Shelf) -> None:
    """Keras models: exported, saved, converted."""
    import tensorflow as tf

    for name, model in _models().items():
        model.compile(optimizer="adam", loss="mse")
        model.fit(np.zeros((2, *model.input_shape[1:])), np.zeros((2, *model.output_shape[1:])), verbose=0)
        model.export(str(shelf.folder("tf", "savedmodel", name)), verbose=False)
        for file, fmt in (("model.keras", "keras"), ("model.h5", "h5")):
            with shelf.file(file, "keras", fmt, f"{name}, TensorFlow") as path:
                model.save(str(path))
        for why, options in {"plain": [], "quantized": [tf.lite.Optimize.DEFAULT]}.items():
            with shelf.file("model.tflite", "tflite", "tflite", f"{name}, {why}") as path:
                converter = tf.lite.TFLiteConverter.from_keras_model(model)
                converter.optimizations = options
                path.write_bytes(converter.convert())


def functions(shelf: Shelf) -> None:
    """Plain functions as SavedModels, checkpoints and a frozen graph."""
    import tensorflow as tf

    class Scale(tf.Module):
        """A module with a variable, a branch and a loop."""

        def __init__(self) -> None:
            super().__init__()
            self.by = tf.Variable(2.0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
        def __call__(self, x: Any) -> Any:
            """Scale, in a branch and a loop."""
            if tf.reduce_sum(x) > 0:
                x *= self.by
            for _ in tf.range(3):
                x += 1.0
            return x

    tf.saved_model.save(Scale(), str(shelf.folder("tf", "savedmodel", "a branch and a loop")))
    place = shelf.folder("tf", "tf-checkpoint", "a checkpoint")
    tf.train.Checkpoint(by=tf.Variable([1.0, 2.0])).save(str(place / "ckpt"))
    with shelf.file("frozen.pb", "tf", "tf-pb", "a frozen graph") as path:
        graph = tf.Graph()
        with graph.as_default():
            tf.nn.relu(tf.matmul(tf.compat.v1.placeholder(tf.float32, [1, 2]), tf.constant([[1.0], [2.0]])))
        path.write_bytes(graph.as_graph_def().SerializeToString())


if __name__ == "__main__":
    run(networks, functions)
