"""Experiments, runs, params, metrics, tags and datasets."""

import json
import math

import mlflow
import pandas
from common import MARK, client, experiment, refused
from mlflow.entities import Metric, Param, RunTag, ViewType

THEN = 1_700_000_000_000


def experiments_live_die_and_return():
    name = f"plain/ünïcode {MARK}"
    made = client.create_experiment(name, tags={"team": "a b/c"})
    found = client.get_experiment(made)
    assert (found.name, found.tags, found.lifecycle_stage) == (name, {"team": "a b/c"}, "active")
    assert client.get_experiment_by_name(name).experiment_id == made
    assert client.get_experiment_by_name("absent-" + MARK) is None
    with refused("RESOURCE_ALREADY_EXISTS", name):
        client.create_experiment(name)
    with refused("RESOURCE_DOES_NOT_EXIST", "987654321"):
        client.get_experiment("987654321")
    client.set_experiment_tag(made, "team", "other")
    client.rename_experiment(made, name + "-renamed")
    client.delete_experiment(made)
    found = client.get_experiment(made)
    assert (found.name, found.tags["team"], found.lifecycle_stage) == (name + "-renamed", "other", "deleted")
    with refused("INVALID_PARAMETER_VALUE", "active"):
        client.create_run(made)
    client.restore_experiment(made)
    assert client.get_experiment(made).lifecycle_stage == "active"
    default = client.get_experiment("0")
    assert (default.name, default.artifact_location) == ("Default", "mlflow-artifacts:/0")


def a_fluent_run_is_kept_as_it_was_logged():
    experiment("fluent")
    with mlflow.start_run(run_name="first", tags={"phase": "one"}, description="a *note*") as run:
        mlflow.log_param("rate", 0.5)
        mlflow.log_params({"layers": [2, 3], "long": "x" * 6_000, "uni/code name": "Zoë ✓", "empty": ""})
        for step in range(3):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"acc": 0.9, "m:colon": 1}, step=7)
        mlflow.set_tags({"u": 2, "multi": "line\nbreak"})
    kept = client.get_run(run.info.run_id)
    assert (kept.info.status, kept.info.run_name) == ("FINISHED", "first")
    assert kept.info.end_time >= kept.info.start_time
    assert kept.data.params == {"rate": "0.5", "layers": "[2, 3]", "long": "x" * 6_000, "uni/code name": "Zoë ✓", "empty": ""}
    assert kept.data.metrics == {"loss": 1 / 3, "acc": 0.9, "m:colon": 1.0}
    assert kept.data.tags["multi"] == "line\nbreak" and kept.data.tags["mlflow.note.content"] == "a *note*"
    assert kept.data.tags["mlflow.runName"] == "first" and kept.data.tags["u"] == "2"
    assert [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, "loss")] == [(0, 1.0), (1, 0.5), (2, 1 / 3)]
    try:
        with mlflow.start_run() as failing:
            raise ArithmeticError
    except ArithmeticError:
        kept = client.get_run(failing.info.run_id)
    assert kept.info.status == "FAILED" and kept.info.run_name
    with mlflow.start_run(run_id=failing.info.run_id):
        assert client.get_run(failing.info.run_id).info.status == "RUNNING"


def children_name_their_parent():
    eid = experiment("nested")
    with mlflow.start_run(run_name="parent") as parent:
        for number in range(3):
            with mlflow.start_run(run_name=f"child-{number}", nested=True):
                mlflow.log_metric("score", number)
    children = client.search_runs([eid], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["metrics.score DESC"])
    assert [child.info.run_name for child in children] == ["child-2", "child-1", "child-0"]
    assert mlflow.get_parent_run(children[0].info.run_id).info.run_id == parent.info.run_id


def numbers_come_back_as_they_were():
    rid = client.create_run(experiment("numbers")).info.run_id
    largest = 1.7976931348623157e308
    values = {"zero": 0.0, "third": 1 / 3, "largest": largest, "smallest": 5e-324, "big whole": float(2**53), "e21": 1e21, "minus": -1e-7}
    for key, value in values.items():
        client.log_metric(rid, key, value, timestamp=THEN, step=0)
    client.log_metric(rid, "nan", math.nan)
    client.log_metric(rid, "inf", math.inf)
    client.log_metric(rid, "ninf", -math.inf)
    kept = client.get_run(rid).data.metrics
    assert {key: kept[key] for key in values} == values
    # A database of MLflow's keeps infinities as the largest numbers.
    assert math.isnan(kept["nan"]) and kept["inf"] == largest and kept["ninf"] == -largest
    steps = [-1, -(2**63), 2**63 - 1, 0]
    for step in steps:
        client.log_metric(rid, "steps", 1.0, timestamp=THEN, step=step)
    assert sorted(point.step for point in client.get_metric_history(rid, "steps")) == sorted(steps)
    client.log_metric(rid, "latest", 1.0, timestamp=THEN + 5, step=1)
    client.log_metric(rid, "latest", 2.0, timestamp=THEN, step=2)
    client.log_metric(rid, "latest", 3.0, timestamp=THEN, step=1)
    assert client.get_run(rid).data.metrics["latest"] == 2.0, "the latest step counts, not the latest call"


def a_batch_is_kept_whole_or_not_at_all():
    rid = client.create_run(experiment("batches")).info.run_id
    metrics = [Metric(f"m{number % 10}", float(number), THEN + number, number) for number in range(1_000)]
    client.log_batch(rid, metrics=metrics)
    client.log_batch(rid, params=[Param(f"p{n}", str(n)) for n in range(100)], tags=[RunTag(f"t{n}", str(n)) for n in range(100)])
    kept = client.get_run(rid).data
    assert kept.metrics == {f"m{n}": 990.0 + n for n in range(10)}
    assert kept.params == {f"p{n}": str(n) for n in range(100)} and kept.tags["t99"] == "99"
    with refused("INVALID_PARAMETER_VALUE", "p1"):
        client.log_batch(rid, metrics=[Metric("never", 1.0, THEN, 0)], params=[Param("p1", "other")])
    assert "never" not in client.get_run(rid).data.metrics
    for step in range(0, 30_000, 1_000):
        client.log_batch(rid, metrics=[Metric("long", float(n), THEN + n, n) for n in range(step, step + 1_000)])
    history = client.get_metric_history(rid, "long")
    assert [point.step for point in history] == list(range(30_000)), "the client reads this in two pages"
    assert history[12_345].value == 12_345.0 and history[12_345].timestamp == THEN + 12_345


def what_must_not_be_is_refused_with_its_code():
    rid = client.create_run(experiment("refused"), run_name="r").info.run_id
    client.log_param(rid, "rate", "1")
    client.log_param(rid, "rate", "1")
    with refused("INVALID_PARAMETER_VALUE", "rate", "already logged"):
        client.log_param(rid, "rate", "2")
    client.log_batch(rid, params=[Param("long", "x" * 6_001)])
    assert client.get_run(rid).data.params["long"] == "x" * 6_000, "what is too long is cut, as by MLflow"
    with refused("RESOURCE_DOES_NOT_EXIST", "0" * 32):
        client.get_run("0" * 32)
    with refused("RESOURCE_DOES_NOT_EXIST", "absent"):
        client.delete_tag(rid, "absent")
    client.delete_run(rid)
    assert client.get_run(rid).info.lifecycle_stage == "deleted"
    with refused("INVALID_PARAMETER_VALUE", "active"):
        client.set_tag(rid, "t", "1")
    client.restore_run(rid)
    client.set_tag(rid, "t", "1")
    client.delete_tag(rid, "t")
    client.update_run(rid, status="KILLED", name="renamed")
    info = client.get_run(rid).info
    assert (info.status, info.run_name, info.lifecycle_stage) == ("KILLED", "renamed", "active")


def datasets_are_inputs_of_runs():
    eid = experiment("datasets")
    rows = pandas.DataFrame({"x": [1.0, 2.0, 3.0], "y": [0, 1, 0]})
    data = mlflow.data.from_pandas(rows, source="https://example.invalid/d.csv", name=f"rows-{MARK}", targets="y")
    with mlflow.start_run() as run:
        mlflow.log_input(data, context="training", tags={"k": "v"})
        mlflow.log_input(data, context="training")
    (kept,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert (kept.dataset.name, kept.dataset.digest) == (f"rows-{MARK}", data.digest)
    assert json.loads(kept.dataset.schema)["mlflow_colspec"][0]["name"] == "x"
    assert {tag.key: tag.value for tag in kept.tags} == {"mlflow.data.context": "training", "k": "v"}
    found = client.search_runs([eid], f"dataset.name = 'rows-{MARK}' AND dataset.context = 'training'", ViewType.ALL)
    assert [one.info.run_id for one in found] == [run.info.run_id]


CHECKS = [
    experiments_live_die_and_return,
    a_fluent_run_is_kept_as_it_was_logged,
    children_name_their_parent,
    numbers_come_back_as_they_were,
    a_batch_is_kept_whole_or_not_at_all,
    what_must_not_be_is_refused_with_its_code,
    datasets_are_inputs_of_runs,
]
