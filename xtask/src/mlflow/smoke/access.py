"""MLflow's own client against a server that asks for tokens; `python access.py SECRET_TO_READ SECRET_TO_WRITE`, with MLFLOW_TRACKING_URI set."""

import os
import sys

import quiet  # noqa: F401  before mlflow

import mlflow
from common import client, refused
from mlflow.exceptions import MlflowException

BASIC = ["MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"]


def as_whom(**environment):
    for name in [*BASIC, "MLFLOW_TRACKING_TOKEN"]:
        os.environ.pop(name, None)
    os.environ.update(environment)


def main(to_read, to_write):
    as_whom()
    with refused("UNAUTHENTICATED"):
        client.search_experiments()
    as_whom(MLFLOW_TRACKING_TOKEN="kz_" + "A" * 43)
    with refused("UNAUTHENTICATED"):
        client.search_experiments()
    as_whom(MLFLOW_TRACKING_TOKEN=to_read)
    assert client.get_experiment("0").name == "Default"
    with refused("PERMISSION_DENIED"):
        client.create_experiment("by a reader")
    bearer = {"MLFLOW_TRACKING_TOKEN": to_write}
    basic = {"MLFLOW_TRACKING_USERNAME": "anyone", "MLFLOW_TRACKING_PASSWORD": to_write}
    for way in [bearer, basic]:
        as_whom(**way)
        with mlflow.start_run() as run:
            mlflow.log_metric("loss", 0.5)
            mlflow.log_text("said", "notes/hello.txt")
        assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes/hello.txt") == "said"
    as_whom()
    try:
        mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes/hello.txt")
    except MlflowException:
        print("tokens are asked for and honoured")
        return
    raise AssertionError("a file was read without a token")


if __name__ == "__main__":
    main(*sys.argv[1:])
