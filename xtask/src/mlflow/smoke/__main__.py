"""MLflow's own client against a server of Kaizen: `python smoke`, with MLFLOW_TRACKING_URI set, as in any training script.

Each check is a function; all of them run, and what failed is told at the end. Retries are off, so that an answer of 5xx is a failure
and not a pause. `cargo xtask mlflow` calls this; `access.py` beside it is called on its own.
"""

import os
import sys
import time
import traceback

import quiet  # noqa: F401  before mlflow

import artifacts
import models
import registry
import search
import tracking

CHECKS = [*tracking.CHECKS, *search.CHECKS, *artifacts.CHECKS, *models.CHECKS, *registry.CHECKS]


def main():
    import mlflow

    # The environment is the whole migration.
    assert mlflow.get_tracking_uri() == os.environ["MLFLOW_TRACKING_URI"]
    failed = []
    for check in CHECKS:
        began = time.perf_counter()
        try:
            check()
            said = "ok"
        except Exception:
            traceback.print_exc()
            failed.append(check.__name__)
            said = "FAILED"
            while mlflow.active_run():
                mlflow.end_run("FAILED")
        print(f"{check.__name__}: {said} in {time.perf_counter() - began:.2f} s", flush=True)
    print(f"mlflow {mlflow.__version__}: {len(CHECKS) - len(failed)} of {len(CHECKS)} checks hold")
    return f"failed: {', '.join(failed)}" if failed else 0


if __name__ == "__main__":
    sys.exit(main())
