#!/usr/bin/env python3
"""Writes flights.csv and census.csv: how often each value of a column came, reference and current.

usage: make.py DATA_DIR     DATA_DIR holds flights20_real.parquet and employment_MA_{reference,analysis}.pq
README.md says where these come from. Numbers are written so that they read back exactly.
"""
import sys

import numpy as np
import pandas as pd

DATA = sys.argv[1]


def numbers(frame, name):
    values = frame[name].replace([np.inf, -np.inf], np.nan).dropna().astype(float)
    return values.value_counts()


def categories(frame, name):
    return frame[name].dropna().astype(str).value_counts()


def write(path, reference, current, columns):
    with open(path, "w", encoding="utf-8") as out:
        out.write("column,kind,value,reference,current\n")
        for kind, names, count in (("number", columns[0], numbers), ("category", columns[1], categories)):
            for name in names:
                old, new = count(reference, name), count(current, name)
                for value in sorted(set(old.index) | set(new.index)):
                    text = repr(float(value)) if kind == "number" else value
                    out.write(f"{name},{kind},{text},{old.get(value, 0)},{new.get(value, 0)}\n")


flights = pd.read_parquet(f"{DATA}/flights20_real.parquet")
write(
    "flights.csv",
    flights[flights.month <= 6],
    flights[flights.month > 6],
    (
        ["dep_delay", "arr_delay", "sched_dep_time", "air_time", "distance", "temp", "wind_speed", "pressure", "visib"],
        ["carrier", "origin", "dest"],
    ),
)
census = "SCHL MAR RELP DIS ESP CIT MIG MIL ANC NATIVITY DEAR DEYE DREM SEX RAC1P".split()
write(
    "census.csv",
    pd.read_parquet(f"{DATA}/employment_MA_reference.pq"),
    pd.read_parquet(f"{DATA}/employment_MA_analysis.pq"),
    (["AGEP"], census),
)
