"""Writes breast_cancer.csv from the copy in scikit-learn: `python make.py`."""

from pathlib import Path

from sklearn.datasets import load_breast_cancer

frame = load_breast_cancer(as_frame=True).frame
frame.columns = [name.replace(" ", "_") for name in frame.columns]
frame["target"] = frame["target"].map({0: "malignant", 1: "benign"})
frame.to_csv(Path(__file__).with_name("breast_cancer.csv"), index=False)
