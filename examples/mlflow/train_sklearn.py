"""Whether a flight will be late, by a logistic regression of scikit-learn."""

import os

import mlflow
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS = ["departure_minute", "scheduled_minutes", "distance", "temp", "wind_speed", "precip", "pressure", "visib"]
CATEGORIES = ["carrier", "origin", "dest", "weekday"]

flights = pd.read_parquet(os.environ["KAIZEN_TRAIN"])
columns = ColumnTransformer(
    [
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
        ("categories", OneHotEncoder(handle_unknown="ignore", min_frequency=20), CATEGORIES),
    ]
)
model = make_pipeline(columns, LogisticRegression(max_iter=500))

# Before `autolog`, which would log the model of every fold, and the last model that is logged is the candidate.
scores = cross_val_score(model, flights[NUMBERS + CATEGORIES], flights["late"], cv=3, scoring="roc_auc")

mlflow.sklearn.autolog()
with mlflow.start_run():
    model.fit(flights[NUMBERS + CATEGORIES], flights["late"])
    mlflow.log_metric("cross_validated_roc_auc", scores.mean())
