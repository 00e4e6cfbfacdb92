"""Compares our scores with ONNX Runtime's, on the raw columns.

    python agree_folders.py FOLDER...

Each folder holds `model.onnx` and `rows.json`, as `cargo run -p learn --example agreement -- DIRECTORY` writes them:

    {"signature": <the model's kaizen.signature>,
     "columns": [{"name": ..., "kind": "number" | "text" | "boolean" | "time", "values": [...]}],
     "scores": [...]}      # binary: P(positive) a row; multiclass: all classes, row after row; regression: the value

Missing is null and a time is in seconds since 1970. Exits with 1 when any score differs by more than 1e-5 (relative to the
score where that is larger than 1), or a label is not the one the scores and the threshold say. Needs numpy and onnxruntime.
"""

import json
import sys
from pathlib import Path

import numpy
import onnxruntime

TOLERANCE = 1e-5


def feed(columns):
    """The inputs of the graph: one tensor [rows, 1] for each raw column."""
    inputs = {}
    for column in columns:
        values = column["values"]
        if column["kind"] == "text":
            tensor = numpy.array(["" if value is None else value for value in values], dtype=object)
        else:
            known = [numpy.nan if value is None else float(value) for value in values]
            tensor = numpy.array(known, dtype=numpy.float64 if column["kind"] == "time" else numpy.float32)
        inputs[column["name"]] = tensor.reshape(-1, 1)
    return inputs


def check_labels(labels, ours, signature):
    """The number of labels that are not what our scores say."""
    classes = signature["classes"]
    spelled = [str(label).lower() if isinstance(label, (bool, numpy.bool_)) else str(label) for label in labels]
    wrong = 0
    for label, scores in zip(spelled, ours):
        if len(classes) == 2:
            threshold = numpy.float32(signature["threshold"])
            if abs(scores[1] - threshold) > TOLERANCE:
                wrong += label != classes[int(scores[1] >= threshold)]
        else:
            best, second = sorted(scores, reverse=True)[:2]
            if best - second > TOLERANCE:
                wrong += label != classes[int(numpy.argmax(scores))]
    return wrong


def check(folder):
    """Prints the largest difference in a folder; true when it is small enough."""
    content = json.loads((folder / "rows.json").read_text())
    signature = content["signature"]
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    stored = json.loads(session.get_modelmeta().custom_metadata_map["kaizen.signature"])
    names = [output.name for output in session.get_outputs()]
    outputs = dict(zip(names, session.run(None, feed(content["columns"]))))
    ours = numpy.array(content["scores"], dtype=numpy.float64)
    classes = len(signature["classes"])
    wrong = 0
    if classes == 0:
        theirs = next(iter(outputs.values())).astype(numpy.float64).reshape(-1)
    else:
        theirs = next(outputs[name] for name in names if name.startswith("probabilities")).astype(numpy.float64)
        ours = numpy.column_stack([1 - ours, ours]) if classes == 2 else ours.reshape(-1, classes)
        labels = next(outputs[name] for name in names if name.startswith("label"))
        wrong = check_labels(labels, ours, signature)
    rows = len(ours)
    difference = numpy.max(numpy.abs(theirs - ours) / numpy.maximum(1.0, numpy.abs(ours)))
    good = difference <= TOLERANCE and wrong == 0 and stored == signature and theirs.shape == ours.shape
    print(f"{'ok' if good else 'DIFFERS':8} {folder.name}: {rows} rows, largest difference {difference:.1e}, {wrong} wrong labels")
    return good


def main(folders):
    if not folders:
        sys.exit(__doc__)
    results = [check(Path(folder)) for folder in folders]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
