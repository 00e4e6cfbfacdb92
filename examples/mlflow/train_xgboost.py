"""Whether a flight will be late, by gradient-boosted trees of XGBoost."""

import os

import mlflow
import pandas as pd
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

COLUMNS = ["departure_minute", "scheduled_minutes", "weekday", "distance", "temp", "wind_speed", "precip", "pressure", "visib"]

flights = pd.read_parquet(os.environ["KAIZEN_TRAIN"])
train, validation = train_test_split(flights, test_size=0.2, shuffle=False)
model = XGBClassifier(
    n_estimators=300,
    learning_rate=0.1,
    max_depth=5,
    early_stopping_rounds=20,
    eval_metric="logloss",
    random_state=int(os.environ["KAIZEN_SEED"]),
)

mlflow.xgboost.autolog()
with mlflow.start_run():
    model.fit(
        train[COLUMNS], train["late"], eval_set=[(validation[COLUMNS], validation["late"])], verbose=False
    )
