"""Models that scikit-learn and XGBoost train: logged by themselves, registered, loaded by alias, asked again."""

import mlflow
import numpy
from common import MARK, client, experiment, refused
from sklearn.datasets import load_iris

ROWS, CLASSES = load_iris(return_X_y=True, as_frame=True)


def logged_by_itself(flavor, fit, name):
    """Trains under autologging, registers what was logged, and loads it by its alias."""
    eid = experiment(f"{flavor.__name__}-autolog")
    flavor.autolog(log_input_examples=True, silent=True)
    try:
        with mlflow.start_run() as run:
            model = fit()
    finally:
        flavor.autolog(disable=True)
    kept = client.get_run(run.info.run_id)
    assert kept.data.params and kept.data.metrics and kept.inputs.dataset_inputs
    (output,) = kept.outputs.model_outputs
    logged = client.get_logged_model(output.model_id)
    assert (logged.status, logged.source_run_id) == ("READY", run.info.run_id)
    (found,) = mlflow.search_logged_models([eid], f"source_run_id = '{run.info.run_id}'", output_format="list")
    assert found.model_id == output.model_id
    version = mlflow.register_model(f"models:/{output.model_id}", name).version
    assert str(version) == "1"
    client.set_registered_model_alias(name, "champion", version)
    loaded = mlflow.pyfunc.load_model(f"models:/{name}@champion")
    assert numpy.allclose(loaded.predict(ROWS), model.predict(ROWS)), "the loaded model predicts otherwise"
    return run, model


def scikit_learn_logs_registers_and_loads():
    from sklearn.linear_model import LogisticRegression

    name = f"lines-{MARK}"
    _, model = logged_by_itself(mlflow.sklearn, lambda: LogisticRegression(max_iter=300).fit(ROWS, CLASSES), name)
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(model, name="model", input_example=ROWS.head(2), registered_model_name=name, params={"note": "by hand"}, tags={"kind": "line"})
        mlflow.log_metric("val", 0.7, model_id=info.model_id)
    assert str(info.registered_model_version) == "2"
    kept = mlflow.get_logged_model(info.model_id)
    assert (kept.params, kept.tags["kind"]) == ({"note": "by hand"}, "line")
    assert [(metric.key, metric.value) for metric in kept.metrics] == [("val", 0.7)]
    for address in [f"models:/{name}/2", f"models:/{info.model_id}", f"runs:/{run.info.run_id}/model"]:
        same = mlflow.sklearn.load_model(address)
        assert (same.predict(ROWS) == model.predict(ROWS)).all(), address


def xgboost_logs_registers_and_loads():
    from xgboost import XGBClassifier

    def fit():
        model = XGBClassifier(n_estimators=5, max_depth=3, n_jobs=1, eval_metric="mlogloss")
        return model.fit(ROWS, CLASSES, eval_set=[(ROWS, CLASSES)], verbose=False)

    run, _ = logged_by_itself(mlflow.xgboost, fit, f"trees-{MARK}")
    history = client.get_metric_history(run.info.run_id, "validation_0-mlogloss")
    assert [point.step for point in history] == [0, 1, 2, 3, 4]
    losses = [point.value for point in history]
    assert losses == sorted(losses, reverse=True)


def a_logged_model_lives_and_dies():
    eid = experiment("logged-models")
    made = client.create_logged_model(eid, name="elsewhere", params={"a": "1"}, tags={"kind": "external"})
    assert made.status == "PENDING"
    client.set_logged_model_tags(made.model_id, {"kind": "tree", "more": "yes"})
    client.delete_logged_model_tag(made.model_id, "more")
    client.finalize_logged_model(made.model_id, "READY")
    kept = client.get_logged_model(made.model_id)
    assert (kept.status, kept.params, kept.tags["kind"]) == ("READY", {"a": "1"}, "tree") and "more" not in kept.tags
    found = client.search_logged_models([eid], "params.a = '1' AND tags.kind = 'tree'")
    assert [one.model_id for one in found] == [made.model_id]
    client.delete_logged_model(made.model_id)
    with refused("RESOURCE_DOES_NOT_EXIST", made.model_id):
        client.get_logged_model(made.model_id)


CHECKS = [scikit_learn_logs_registers_and_loads, xgboost_logs_registers_and_loads, a_logged_model_lives_and_dies]
