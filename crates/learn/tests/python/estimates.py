"""What Kaizen estimates on NannyML's own data is what NannyML says.

usage: estimates.py NANNYML.whl ESTIMATES REFERENCE_DIRECTORY

Takes the data sets out of the wheel, lets the example program ESTIMATES answer them, and compares with what NannyML 0.13.1 and SciPy
said of the same rows, in `crates/stats/tests/reference/estimates`. `cargo xtask agree` runs it. Needs numpy and pyarrow.
"""

import io
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import numpy
import pyarrow.csv
import pyarrow.parquet

# Relative to the larger of 1 and the value, which is below 1 for all but the losses.
EXACT = 1e-9
# NannyML orders equal scores by chance; its average precision rests on 50 unseeded resamples.
LOOSE = {("roc_auc", "sampling_error"): 1e-5, ("average_precision", "sampling_error"): 5e-3}
# The two learners of losses differ: by how much of the measured figure the estimates may.
LOSSES = 0.05
FEATURES = ["car_age", "km_driven", "price_new", "accident_count", "door_count", "fuel", "transmission"]

wheel, program, reference = sys.argv[1:]
archive = zipfile.ZipFile(wheel)
failures = []


def member(name):
    return io.BytesIO(archive.read(f"nannyml/datasets/data/{name}"))


def write_census(path):
    """Period, score and label of every row, the score with all its digits."""
    before = pyarrow.parquet.read_table(member("employment_MA_reference.pq"), columns=["predicted_probability", "employed"])
    after = pyarrow.parquet.read_table(member("employment_MA_analysis.pq"), columns=["predicted_probability"])
    targets = pyarrow.parquet.read_table(member("employment_MA_analysis_target.pq"), columns=["employed"])
    with open(path, "w") as file:
        for period, scores, labels in [("reference", before, before), ("analysis", after, targets)]:
            scores = scores["predicted_probability"].to_pylist()
            for score, label in zip(scores, labels["employed"].to_pylist(), strict=True):
                file.write(f"{period},{score!r},{int(label)}\n")


def write_cars(path):
    before = pyarrow.csv.read_csv(member("regression_synthetic_reference.csv"))
    after = pyarrow.csv.read_csv(member("regression_synthetic_analysis.csv"))
    targets = pyarrow.csv.read_csv(member("regression_synthetic_analysis_targets.csv"))
    with open(path, "w") as file:
        for period, table, labels in [("reference", before, before), ("analysis", after, targets)]:
            columns = [table[name].to_pylist() for name in [*FEATURES, "y_pred"]] + [labels["y_true"].to_pylist()]
            for row in zip(*columns, strict=True):
                file.write(",".join([period, *map(str, row)]) + "\n")


def compare(what, found, expected, tolerance):
    """Counts, and keeps the largest difference; a difference beyond the tolerance is a failure."""
    found, expected = numpy.atleast_1d(numpy.asarray(found, float)), numpy.atleast_1d(numpy.asarray(expected, float))
    if found.shape != expected.shape:
        failures.append(f"{what}: {found.size} values where {expected.size} are expected")
        return 0.0
    apart = numpy.abs(found - expected) / numpy.maximum(1.0, numpy.abs(expected))
    if not (apart <= tolerance).all():
        failures.append(f"{what}: {apart.max():.3g} apart, more than {tolerance:g}")
    return float(apart.max())


def compare_cbpe(found, expected):
    if found["needs_calibration"] != expected["needs_calibration"]:
        failures.append("calibration is needed for one and not for the other")
    largest = {}
    for metric, answers in expected["metrics"].items():
        for part in ["estimated", "realized", "sampling_error", "lower_threshold", "upper_threshold"]:
            tolerance = LOOSE.get((metric, part), EXACT)
            apart = compare(f"CBPE {metric} {part}", found["metrics"][metric][part], answers[part], tolerance)
            kind = part if tolerance == EXACT else f"{part} of {metric}"
            largest[kind] = max(largest.get(kind, 0.0), apart)
    chunks = len(expected["metrics"]["roc_auc"]["estimated"])
    print(f"CBPE: {len(expected['metrics'])} metrics on {chunks} chunks; largest difference from NannyML:")
    for kind, apart in largest.items():
        print(f"  {kind}: {apart:.2g}")
    inside, asked = 0, 0
    for answers in found["metrics"].values():
        after = expected["metrics"]["roc_auc"]["period"].index("analysis")
        bounds = list(zip(answers["lower"], answers["realized"], answers["upper"]))[after:]
        inside += sum(lower <= value <= upper for lower, value, upper in bounds)
        asked += len(bounds)
    print(f"  the 95 % interval holds what was measured in {inside} of {asked} (2016 to 2018)")


def compare_drift(found, expected, name):
    largest = max(compare(f"drift {key}", value, expected[key], EXACT) for key, value in found.items())
    print(f"drift of predicted_probability: {len(found)} statistics; largest difference from {name}: {largest:.2g}")


def compare_losses(found, expected):
    inside, asked = 0, 0
    for metric, answers in expected["metrics"].items():
        chunks = found[metric]
        ours = numpy.array([chunk["estimated"] for chunk in chunks])
        theirs, truth = numpy.array(answers["estimated"]), numpy.array(answers["realized"])
        compare(f"DLE {metric} measured", [chunk["realized"] for chunk in chunks], truth, EXACT)
        apart = numpy.abs(ours - theirs) / truth
        if apart.max() > LOSSES:
            failures.append(f"DLE {metric}: {apart.max():.3g} of the measured figure from NannyML's")
        off = [float((numpy.abs(one - truth) / truth).mean()) for one in (ours, theirs)]
        print(
            f"DLE {metric} on {len(chunks)} chunks: at most {apart.max():.1%} from NannyML's; "
            f"off from what was measured by {off[0]:.1%} (NannyML's {off[1]:.1%}) in the mean"
        )
        inside += sum(chunk["lower"] <= value <= chunk["upper"] for chunk, value in zip(chunks, truth))
        asked += len(chunks)
    print(f"  the 95 % interval holds what was measured in {inside} of {asked}")


def main():
    reference_directory = pathlib.Path(reference)
    whole = json.loads((reference_directory / "whole.json").read_text())
    cars = json.loads((reference_directory / "cars.json").read_text())
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        write_census(directory / "census.csv")
        write_cars(directory / "cars.csv")
        subprocess.run([program, str(directory)], check=True)
        found = json.loads((directory / "answers.json").read_text())
    compare_cbpe(found["cbpe"], whole["cbpe"])
    compare_drift(found["drift"], whole["drift"], "SciPy")
    compare_drift(found["nannyml_drift"], whole["nannyml_drift"], "NannyML")
    compare_losses(found["dle"], cars)
    if failures:
        sys.exit("estimates differ:\n  " + "\n  ".join(failures))


main()
