"""What the checks share."""

import contextlib
import uuid

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

client = MlflowClient()
# What is made for one call of the smoke, so that a server can be asked twice.
MARK = uuid.uuid4().hex[:8]


@contextlib.contextmanager
def refused(code, *words):
    """Holds when the block ends with this error of MLflow's, and its message has these words."""
    try:
        yield
    except MlflowException as error:
        assert error.error_code == code, f"{error.error_code} instead of {code}: {error}"
        for word in words:
            assert word in str(error), f"no {word!r} in {error}"
        return
    raise AssertionError(f"nothing was refused with {code}")


def experiment(name):
    """The id of an experiment of this call's own, which fluent calls use from now on."""
    return mlflow.set_experiment(f"{name}-{MARK}").experiment_id
