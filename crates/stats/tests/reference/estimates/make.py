"""Writes census.json: a part of NannyML's own example with NannyML's own answers.

usage: make.py DIRECTORY_OF_NANNYMLS_DATA OUT

Needs nannyml==0.13.1 with pandas<3, numpy<2.3, scipy<1.16, scikit-learn<1.7. Probabilities are rounded to four digits first, so that
the file is small and the two sides read the same numbers.
"""

import json
import sys
import warnings

import nannyml
import pandas

warnings.filterwarnings("ignore")
METRICS = ["roc_auc", "average_precision", "f1", "precision", "recall", "specificity", "accuracy"]
REFERENCE, CURRENT, CHUNK = 16_000, 6_000, 2_000

directory, out = sys.argv[1:]
columns = ["predicted_probability", "employed"]
reference = pandas.read_parquet(f"{directory}/employment_MA_reference.pq")[columns][:REFERENCE]
current = pandas.read_parquet(f"{directory}/employment_MA_analysis.pq")
current["employed"] = pandas.read_parquet(f"{directory}/employment_MA_analysis_target.pq")["employed"].values
current = current[columns][:CURRENT]
for rows in (reference, current):
    rows["predicted_probability"] = rows["predicted_probability"].round(4)
    rows["prediction"] = (rows["predicted_probability"] >= 0.5).astype(int)

estimator = nannyml.CBPE(
    y_pred_proba="predicted_probability", y_pred="prediction", y_true="employed",
    problem_type="classification_binary", metrics=METRICS, chunk_size=CHUNK,
)
estimator.fit(reference)
table = estimator.estimate(current).to_df()
answers = {}
for metric in METRICS:
    part = table[metric]
    answers[metric] = {
        "estimated": list(part["value"]),
        "sampling_error": list(part["sampling_error"]),
        "realized": list(part["realized"]),
        "lower_threshold": part["lower_threshold"].iloc[-1],
        "upper_threshold": part["upper_threshold"].iloc[-1],
    }


def packed(rows):
    return {
        # In ten-thousandths.
        "scores": [round(value * 10_000) for value in rows["predicted_probability"]],
        "labels": "".join(str(value) for value in rows["employed"]),
    }


with open(out, "w") as file:
    json.dump(
        {
            "chunk": CHUNK,
            "needs_calibration": bool(estimator.needs_calibration),
            "reference": packed(reference),
            "current": packed(current),
            "metrics": answers,
        },
        file, separators=(",", ":"),
    )
