"""What Kaizen serves is what it exports: ONNX Runtime and Kaizen answer the same raw rows.

usage: agree.py MODEL_DIR HOST:PORT ROWS.parquet

Reads 1,000 rows spread over ROWS, adds rows with everything missing and with categories nobody has seen, asks the
model that is served at HOST:PORT, runs MODEL_DIR/model.onnx in ONNX Runtime, and fails when any probability or
value differs by more than 1e-5, or any label at all. `cargo xtask agree` runs it.
"""

import json
import pathlib
import sys
import urllib.request

import numpy
import onnxruntime
import pyarrow.parquet

ROWS = 1_000
TOLERANCE = 1e-5


def raw_rows(path, signature):
    """The columns the model reads, as Python lists with None where missing."""
    table = pyarrow.parquet.read_table(path, columns=[field["name"] for field in signature["inputs"]])
    step = max(1, table.num_rows // ROWS)
    table = table.take(list(range(0, table.num_rows, step))[:ROWS])
    if table.num_rows < ROWS:
        sys.exit(f"{path} has {table.num_rows} rows; {ROWS} are needed")
    columns = {}
    for field in signature["inputs"]:
        values = table[field["name"]]
        if field["kind"] == "time":
            values = values.cast("timestamp[us]").cast("int64")
            columns[field["name"]] = [None if v is None else v / 1e6 for v in values.to_pylist()]
        else:
            columns[field["name"]] = values.to_pylist()
        columns[field["name"]] += [None, "never seen before" if field["kind"] == "text" else None]
    return columns


def feed(columns, signature):
    """The rows as the graph wants them: text with "" for missing, times as seconds, the rest as floats."""
    tensors = {}
    for field in signature["inputs"]:
        values = columns[field["name"]]
        if field["kind"] == "text":
            array = numpy.array([v or "" for v in values], dtype=object)
        else:
            kind = numpy.float64 if field["kind"] == "time" else numpy.float32
            array = numpy.array([numpy.nan if v is None else v for v in values], dtype=kind)
        tensors[field["name"]] = array.reshape(-1, 1)
    return tensors


def served(address, columns, signature):
    """The answers of the server, by output name."""
    with urllib.request.urlopen(f"http://{address}/v2/repository/index") as answer:
        name = json.load(answer)[0]["name"]
    inputs = []
    for field in signature["inputs"]:
        values = columns[field["name"]]
        datatype = {"text": "BYTES", "boolean": "BOOL"}.get(field["kind"], "FP64")
        inputs.append({"name": field["name"], "shape": [len(values)], "datatype": datatype, "data": values})
    body = json.dumps({"inputs": inputs}).encode()
    with urllib.request.urlopen(f"http://{address}/v2/models/{name}/infer", data=body) as answer:
        return {output["name"]: output for output in json.load(answer)["outputs"]}


def main():
    directory, address, rows = sys.argv[1:]
    session = onnxruntime.InferenceSession(str(pathlib.Path(directory) / "model.onnx"))
    signature = json.loads(session.get_modelmeta().custom_metadata_map["kaizen.signature"])
    columns = raw_rows(rows, signature)
    expected = dict(zip([o.name for o in session.get_outputs()], session.run(None, feed(columns, signature))))
    answers = served(address, columns, signature)
    if set(expected) != set(answers):
        sys.exit(f"ONNX Runtime gives {sorted(expected)}, Kaizen gives {sorted(answers)}")
    for name, reference in expected.items():
        answer = numpy.array(answers[name]["data"]).reshape(reference.shape)
        if reference.dtype.kind != "f":
            differing = int((answer.astype(str) != reference.astype(str)).sum())
            worst, allowed = differing, 0
        else:
            worst, allowed = float(numpy.abs(answer - reference).max()), TOLERANCE
        print(f"{name}: {len(reference)} rows, largest difference {worst:.2g}")
        if not worst <= allowed:
            sys.exit(f"{name} differs by {worst}, more than {allowed}")


main()
