"""Lists the builtin operators of TensorFlow Lite, as a table for the scan.

Runs inside an environment that holds tensorflow:

    ENVIRONMENT/bin/python tools/tflite_operators.py > src/accord/data/scan/tflite_operators.tsv

What an operator is good for is not decided here: `tflite_reviewed.yaml` beside the table is written by hand.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from tensorflow.lite.python import schema_py_generated as schema


def _release() -> str:
    for name in ("tensorflow", "tensorflow-cpu"):
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    return "tensorflow"


if __name__ == "__main__":
    print(f"# Builtin operators by number, from {_release()}: tools/tflite_operators.py")
    found = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    for number, name in sorted(found.items()):
        print(f"{number}\t{name}")
