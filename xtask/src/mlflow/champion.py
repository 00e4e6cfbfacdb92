"""What serves is what was logged: `python champion.py VERSION ARTIFACTS HOST:PORT ROWS.parquet`.

VERSION is the directory of a version, whose report names the logged model that it comes from. Loads that from ARTIFACTS, where MLflow
has stored it, and fails when the probabilities that HOST:PORT answers for 1,000 rows are not the model's own.
"""

import json
import pathlib
import re
import sys
import urllib.request

import mlflow
import numpy
import pandas

ROWS = 1_000
TOLERANCE = 1e-5


def logged(version, artifacts):
    """The model, in its library's own class."""
    origin = json.loads((pathlib.Path(version) / "report.json").read_text())["origin"]
    model_id = re.search(r"m-[0-9a-f]{32}", origin)[0]
    (place,) = pathlib.Path(artifacts).glob(f"*/models/{model_id}/artifacts")
    flavors = mlflow.models.Model.load(str(place)).flavors
    (flavor,) = {"sklearn", "xgboost"} & set(flavors)
    return getattr(mlflow, flavor).load_model(str(place))


def probabilities(address, rows):
    with urllib.request.urlopen(f"http://{address}/v2/repository/index") as answer:
        name = json.load(answer)[0]["name"]
    inputs = []
    for column in rows:
        text = rows[column].dtype == object
        values = rows[column].astype(object).where(rows[column].notna(), None).tolist()
        inputs.append({"name": column, "shape": [len(rows)], "datatype": "BYTES" if text else "FP64", "data": values})
    body = json.dumps({"inputs": inputs}).encode()
    with urllib.request.urlopen(f"http://{address}/v2/models/{name}/infer", data=body) as answer:
        outputs = {output["name"]: output["data"] for output in json.load(answer)["outputs"]}
    return numpy.array(outputs["probabilities"]).reshape(len(rows), -1)


def main(version, artifacts, address, file):
    model = logged(version, artifacts)
    # Spread over all, so that some are of the flights that no script saw.
    rows = pandas.read_parquet(file)
    rows = rows.iloc[:: len(rows) // ROWS][list(model.feature_names_in_)]
    worst = numpy.abs(probabilities(address, rows) - model.predict_proba(rows)).max()
    print(f"{type(model).__name__}: {len(rows)} rows, largest difference {worst:.2g}")
    return 0 if worst <= TOLERANCE else "the champion does not answer as the model that was logged"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
