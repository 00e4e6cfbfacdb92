"""Writes cars.json: what NannyML's DLE says about NannyML's synthetic car prices, and what is true.

usage: make_cars.py DIRECTORY_OF_NANNYMLS_DATA OUT

Needs nannyml==0.13.1 with pandas<3, numpy<2.3, scipy<1.16, scikit-learn<1.7.
"""

import json
import sys
import warnings

import nannyml
import pandas

warnings.filterwarnings("ignore")
METRICS = ["mae", "mse", "rmse"]

directory, out = sys.argv[1:]
reference = pandas.read_csv(f"{directory}/regression_synthetic_reference.csv")
current = pandas.read_csv(f"{directory}/regression_synthetic_analysis.csv")
targets = pandas.read_csv(f"{directory}/regression_synthetic_analysis_targets.csv")
features = ["car_age", "km_driven", "price_new", "accident_count", "door_count", "fuel", "transmission"]
estimator = nannyml.DLE(
    feature_column_names=features, y_pred="y_pred", y_true="y_true", metrics=METRICS, chunk_size=6_000,
)
estimator.fit(reference)
table = estimator.estimate(current).to_df()
table = table[table[("chunk", "period")] == "analysis"]
starts = [(int(one), int(last) + 1) for one, last in zip(table[("chunk", "start_index")], table[("chunk", "end_index")])]
errors = targets["y_true"].to_numpy() - current["y_pred"].to_numpy()
answers = {"chunk": 6_000, "metrics": {}}
for metric in METRICS:
    def true(start, end):
        part = errors[start:end]
        return {"mae": abs(part).mean(), "mse": (part**2).mean(), "rmse": (part**2).mean() ** 0.5}[metric]

    answers["metrics"][metric] = {
        "estimated": list(table[(metric, "value")]),
        "sampling_error": list(table[(metric, "sampling_error")]),
        "realized": [float(true(*bounds)) for bounds in starts],
    }
with open(out, "w") as file:
    json.dump(answers, file, indent=1)
