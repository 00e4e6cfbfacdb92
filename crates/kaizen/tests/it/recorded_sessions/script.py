"""What the sessions say to a server: the classic surface through MLflow's own client, and what no well-behaved client would say.

Only `record.py` runs this. A name in it is a name in a recording; nothing here may depend on the clock or on chance.
"""

import os
import warnings

import mlflow
import requests
from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelParameter,
    LoggedModelTag,
    Metric,
    Param,
    RunTag,
    ViewType,
)
from mlflow.exceptions import MlflowException

warnings.simplefilter("ignore")
SESSIONS = {}
THEN = 1_700_000_000_000
NOBODY = "0123456789abcdef0123456789abcdef"


def session(function):
    def run(url):
        mlflow.set_tracking_uri(url)
        mlflow.set_registry_uri(url)
        function(Client(url), Raw(url))

    SESSIONS[function.__name__] = run
    return function


class Raw:
    """Requests that the client would not make."""

    def __init__(self, url):
        self.url = url

    def ask(self, method, path, json=None, **options):
        prefix = "" if path.startswith("/") else "/api/2.0/mlflow/"
        return requests.request(method, self.url + prefix + path, json=json, **options)

    def post(self, path, *bodies):
        for body in bodies:
            answer = self.ask("POST", path, body)
        return answer.json() if answer.headers["Content-Type"] == "application/json" else None

    def get(self, path, *queries):
        for query in queries or ({},):
            answer = self.ask("GET", path, params=query)
        return answer.json()


class Client:
    """MLflow's client; a call that the server refuses answers nothing, for the refusal has been taken down."""

    def __init__(self, url):
        self.client = MlflowClient(url, registry_uri=url)

    def __getattr__(self, name):
        def call(*arguments, **options):
            try:
                return getattr(self.client, name)(*arguments, **options)
            except MlflowException:
                return None

        return call


@session
def experiments(client, raw):
    first = client.create_experiment("first", tags={"team": "a b/c", "empty": ""})
    second = client.create_experiment("Zweites ✓", artifact_location="mlflow-artifacts:/elsewhere")
    client.get_experiment(first)
    client.get_experiment("0")
    client.get_experiment_by_name("Zweites ✓")
    client.get_experiment_by_name("absent")
    client.create_experiment("first")
    client.set_experiment_tag(first, "k", "v")
    client.set_experiment_tag(first, "k", "w")
    client.set_experiment_tag(first, "long", "x" * 5_000)
    client.delete_experiment_tag(first, "empty")
    client.delete_experiment_tag(first, "empty")
    client.get_experiment(first)
    client.rename_experiment(second, "second")
    client.rename_experiment(second, "first")
    client.delete_experiment(second)
    client.get_experiment(second)
    client.get_experiment_by_name("second")
    client.create_experiment("second")
    client.delete_experiment(second)
    client.rename_experiment(second, "third")
    client.set_experiment_tag(second, "k", "v")
    client.create_run(second)
    client.restore_experiment(second)
    client.restore_experiment(second)
    client.get_experiment(second)
    for name in ["a", "b", "B", "ab"]:
        client.create_experiment(name, tags={"letter": name, "team": "t"})
    for text in [
        "name = 'a'",
        "name != 'a'",
        "name LIKE 'a%'",
        "name ILIKE 'B'",
        "attributes.name IN ('a', 'b')",
        "tags.letter = 'b'",
        "tags.letter ILIKE 'b' AND name != 'b'",
        "tags.`letter` != 'b'",
        "tags.letter IS NULL",
        "tags.team IS NOT NULL AND name LIKE '%b'",
        "creation_time > 0",
        "last_update_time < 5",
    ]:
        client.search_experiments(filter_string=text, order_by=["name"])
    for order in [["name DESC"], ["experiment_id ASC"], ["name ASC", "creation_time DESC"]]:
        client.search_experiments(order_by=order)
    page = client.search_experiments(max_results=2, order_by=["name ASC"])
    while page.token:
        page = client.search_experiments(max_results=2, order_by=["name ASC"], page_token=page.token)
    client.delete_experiment(second)
    for view in [ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL]:
        client.search_experiments(view_type=view, order_by=["name ASC"])
    for text in ["name", "name = ", "name = a", "name == 'a'", "id = '1'", "name > 'a'", "tags.letter > 'b'", "name = 'a' OR name = 'b'",
                 "creation_time = 'x'", "creation_time LIKE 'x'", "metrics.m > 1", "(name = 'a')", "NOT name = 'a'", "name = 'a' AND"]:
        client.search_experiments(filter_string=text)
    for order in ["nothing", "name SIDEWAYS", "name ASC DESC", "tags.letter", ""]:
        raw.post("experiments/search", {"max_results": 5, "order_by": [order]})


@session
def refused_experiments(client, raw):
    known = client.create_experiment("known")
    raw.post(
        "experiments/create",
        {},
        {"name": ""},
        {"name": None},
        {"name": 7},
        {"name": ["a"]},
        {"name": {"a": 1}},
        {"name": True},
        {"name": "x" * 501},
        {"name": "b", "tags": "none"},
        {"name": "c", "tags": [{"key": "k", "value": "x" * 20_001}]},
        {"name": "d", "tags": [{"key": "k" * 251, "value": "v"}]},
        {"name": "e", "artifact_location": "mlflow-artifacts:/a/../b"},
        {"name": "f", "artifact_location": "http://host/a?b=c"},
        {"name": "g", "artifact_location": "http://host/a#b"},
        {"name": "h", "artifact_location": 7},
        {"name": "unknown fields", "colour": "blue"},
        {"name": "Default"},
    )
    raw.get("experiments/get", {}, {"experiment_id": ""}, {"experiment_id": "999"}, {"experiment_id": "x y"}, {"experiment_id": "../1"})
    raw.get("experiments/get-by-name", {}, {"experiment_name": ""}, {"experiment_name": "absent"})
    for action in ["delete", "restore"]:
        raw.post(f"experiments/{action}", {}, {"experiment_id": "999"}, {"experiment_id": 5}, {"experiment_id": ""}, {"experiment_id": "x y"})
    raw.post("experiments/update", {}, {"experiment_id": "999", "new_name": "a"}, {"experiment_id": known}, {"experiment_id": known, "new_name": 5},
             {"experiment_id": known, "new_name": ""}, {"experiment_id": known, "new_name": "x" * 501})
    raw.post("experiments/set-experiment-tag", {}, {"experiment_id": known}, {"experiment_id": known, "key": "k"},
             {"experiment_id": "999", "key": "k", "value": "v"}, {"experiment_id": known, "key": 5, "value": "v"},
             {"experiment_id": known, "key": "k", "value": 5}, {"experiment_id": known, "key": "", "value": "v"},
             {"experiment_id": known, "key": "k" * 251, "value": "v"}, {"experiment_id": known, "key": "k", "value": "x" * 20_001})
    raw.post("experiments/delete-experiment-tag", {}, {"experiment_id": known}, {"experiment_id": known, "key": "absent"},
             {"experiment_id": "999", "key": "k"})
    raw.post("experiments/search", {}, {"max_results": 0}, {"max_results": -1}, {"max_results": "5", "order_by": ["name"]}, {"max_results": "many"}, {"max_results": 50_001},
             {"max_results": 5, "page_token": "bad"}, {"max_results": 5, "filter": 5}, {"max_results": 5, "order_by": "name"},
             {"max_results": 5, "view_type": "NONE"}, {"max_results": 5, "view_type": 9})
    raw.get("experiments/search", {"max_results": 3, "order_by": "name"}, {"max_results": "many"}, {"max_results": 3, "filter": "name = 'known'"})
    for text in ["{bad", "[]", "5", '"text"', "null", ""]:
        raw.ask("POST", "experiments/create", data=text, headers={"Content-Type": "application/json"})
    raw.ask("POST", "experiments/create", data="name=a", headers={"Content-Type": "application/x-www-form-urlencoded"})
    raw.ask("POST", "experiments/create", data='{"name": "plain"}', headers={"Content-Type": "text/plain"})
    raw.ask("GET", "experiments/create")
    raw.ask("POST", "experiments/get", {"experiment_id": known})
    raw.ask("POST", "experiments/nothing", {})
    raw.ask("GET", "/api/9.0/mlflow/experiments/get")
    raw.ask("GET", "/health")
    raw.ask("GET", "/version")


@session
def runs(client, raw):
    eid = mlflow.set_experiment("runs").experiment_id
    with mlflow.start_run(run_name="first", tags={"phase": "one"}, description="a *note*") as run:
        mlflow.log_param("alpha", 0.5)
        mlflow.log_params({"beta": 2, "uni/code name": "Zoë ✓", "empty": "", "none": None})
        mlflow.set_tag("t", "1")
        mlflow.set_tags({"u": 2, "multi": "line\nbreak", "quote": "it's \"so\""})
    rid = run.info.run_id
    client.get_run(rid)
    client.log_param(rid, "alpha", 0.5)
    client.log_param(rid, "alpha", "0.6")
    client.set_tag(rid, "t", "2")
    client.delete_tag(rid, "u")
    client.delete_tag(rid, "u")
    client.update_run(rid, name="renamed")
    client.update_run(rid, status="RUNNING")
    client.get_run(rid)
    client.set_terminated(rid, "KILLED", end_time=THEN + 5)
    client.set_tag(rid, "mlflow.runName", "by tag")
    client.get_run(rid)
    client.delete_run(rid)
    client.get_run(rid)
    client.log_param(rid, "gamma", "1")
    client.log_metric(rid, "m", 1.0, timestamp=THEN)
    client.set_tag(rid, "t", "3")
    client.update_run(rid, name="again")
    client.restore_run(rid)
    client.restore_run(rid)
    client.get_run(rid)
    with mlflow.start_run(run_name="parent"):
        for number in range(2):
            with mlflow.start_run(run_name=f"child-{number}", nested=True):
                mlflow.log_param("number", number)
    unnamed = client.create_run(eid, start_time=THEN)
    client.get_run(unnamed.info.run_id)
    try:
        with mlflow.start_run() as failing:
            raise ArithmeticError
    except ArithmeticError:
        client.get_run(failing.info.run_id)
    client.create_run("0", start_time=THEN, run_name="of the default", tags={"mlflow.user": "someone", "mlflow.note.content": ""})
    many = client.create_run(eid, start_time=THEN, run_name="many")
    client.log_batch(many.info.run_id, params=[Param(f"p{i}", str(i)) for i in range(30)], tags=[RunTag(f"t{i}", str(i)) for i in range(30)])
    client.get_run(many.info.run_id)
    client.delete_experiment(eid)
    client.get_run(rid)
    client.restore_experiment(eid)
    client.get_run(rid)


@session
def refused_runs(client, raw):
    eid = client.create_experiment("refused")
    rid = client.create_run(eid, start_time=THEN, run_name="r").info.run_id
    raw.post("runs/create", {"experiment_id": "999"}, {"experiment_id": 7}, {"experiment_id": eid, "start_time": "soon"}, {"experiment_id": eid, "run_name": 5},
             {"experiment_id": eid, "tags": 5}, {"experiment_id": eid, "tags": [{"key": "k" * 251, "value": "v"}]},
             {"experiment_id": eid, "run_name": "a", "tags": [{"key": "mlflow.runName", "value": "b"}], "start_time": THEN})
    raw.get("runs/get", {}, {"run_id": ""}, {"run_id": NOBODY}, {"run_id": "a/b"}, {"run_uuid": rid}, {"run_id": "x" * 300})
    for action in ["update", "delete", "restore"]:
        raw.post(f"runs/{action}", {}, {"run_id": NOBODY}, {"run_id": 5})
    raw.post("runs/update", {"run_id": rid, "status": "DONE"}, {"run_id": rid, "status": 3}, {"run_id": rid, "end_time": "late"}, {"run_id": rid, "run_name": 5},
             {"run_id": rid, "status": "FINISHED", "end_time": THEN + 9}, {"run_id": rid, "run_name": ""}, {"run_id": rid})
    raw.post("runs/log-parameter", {}, {"run_id": rid}, {"run_id": rid, "key": "k"}, {"run_id": NOBODY, "key": "k", "value": "v"}, {"run_id": rid, "key": 5, "value": "v"},
             {"run_id": rid, "key": "", "value": "v"}, {"run_id": rid, "key": "v", "value": 5})
    raw.post("runs/set-tag", {}, {"run_id": rid}, {"run_id": rid, "key": "k"}, {"run_id": NOBODY, "key": "k", "value": "v"}, {"run_id": rid, "key": 5, "value": "v"},
             {"run_id": rid, "key": "", "value": "v"}, {"run_id": rid, "key": "k", "value": 5})
    for key in ["a/../b", "/a", "..", ".", "a//b", "a/", "./a", "a\\b", "a?b", "a*b", "ä", "a\nb", "a:b", "a b", "k" * 250, "k" * 251]:
        raw.post("runs/log-parameter", {"run_id": rid, "key": key, "value": "v"})
        raw.post("runs/set-tag", {"run_id": rid, "key": key, "value": "v"})
        raw.post("runs/log-metric", {"run_id": rid, "key": key, "value": 1, "timestamp": THEN, "step": 0})
    raw.post("runs/log-parameter", {"run_id": rid, "key": "long", "value": "x" * 6_000}, {"run_id": rid, "key": "longer", "value": "x" * 6_001})
    raw.post("runs/set-tag", {"run_id": rid, "key": "long", "value": "x" * 8_000}, {"run_id": rid, "key": "longer", "value": "x" * 8_001})
    raw.post("runs/delete-tag", {}, {"run_id": rid}, {"run_id": rid, "key": "absent"}, {"run_id": NOBODY, "key": "k"}, {"run_id": rid, "key": 5})
    raw.post("runs/log-model", {}, {"run_id": rid}, {"run_id": rid, "model_json": "{bad"}, {"run_id": rid, "model_json": "{}"}, {"run_id": rid, "model_json": 5},
             {"run_id": rid, "model_json": '{"run_id": "x", "artifact_path": "model", "flavors": {}, "utc_time_created": "2024-01-01 00:00:00"}'})
    raw.get("runs/get", {"run_id": rid})


@session
def metrics(client, raw):
    eid = client.create_experiment("metrics")
    rid = client.create_run(eid, start_time=THEN, run_name="r").info.run_id
    for step, value in enumerate([1.0, 0.5, 0.25]):
        client.log_metric(rid, "loss", value, timestamp=THEN + step, step=step)
    for key, value in {
        "nan": float("nan"), "inf": float("inf"), "ninf": float("-inf"), "max": 1.7976931348623157e308, "tiny": 5e-324, "third": 1 / 3,
        "zero": 0.0, "negative zero": -0.0, "whole": 3, "big whole": 2**53, "e21": 1e21, "e-7": 1e-7,
    }.items():
        client.log_metric(rid, key, value, timestamp=THEN, step=3)
    for step in [-1, -(2**63), 2**63 - 1, 0]:
        client.log_metric(rid, "steps", float(step % 7), timestamp=THEN, step=step)
    client.log_metric(rid, "times", 1.0, timestamp=0, step=1)
    client.log_metric(rid, "times", 2.0, timestamp=THEN, step=1)
    client.log_metric(rid, "times", 1.5, timestamp=THEN, step=1)
    client.log_metric(rid, "times", 9.0, timestamp=THEN, step=0)
    client.log_metric(rid, "twice", 1.0, timestamp=THEN, step=0)
    client.log_metric(rid, "twice", 1.0, timestamp=THEN, step=0)
    client.log_metric(rid, "nan then one", float("nan"), timestamp=THEN, step=0)
    client.log_metric(rid, "nan then one", 1.0, timestamp=THEN, step=0)
    client.get_run(rid)
    for key in ["loss", "nan", "inf", "ninf", "max", "tiny", "third", "steps", "times", "twice", "nan then one", "absent"]:
        client.get_metric_history(rid, key)
    client.log_batch(rid, metrics=[Metric("batch", float(i), THEN + i // 3, i) for i in range(50)], params=[Param("p", "1")], tags=[RunTag("t", "1")])
    query = {"run_id": rid, "metric_key": "batch", "max_results": 20}
    answer = raw.get("metrics/get-history", query)
    while answer.get("next_page_token"):
        answer = raw.get("metrics/get-history", query | {"page_token": answer["next_page_token"]})
    other = client.create_run(eid, start_time=THEN + 1, run_name="other").info.run_id
    client.log_batch(other, metrics=[Metric("batch", float(-i), THEN + i, i) for i in range(9)])
    # Of one run each: several would come in the order of their ids, which is by chance.
    bulk = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"
    for query in [{"run_id": [other], "metric_key": "batch"}, {"run_id": [rid], "metric_key": "batch", "max_results": 5}, {"metric_key": "batch"},
                  {"run_id": [rid]}, {"run_id": ["nobody"], "metric_key": "batch"}, {"run_id": [f"r{i}" for i in range(101)], "metric_key": "batch"}]:
        raw.ask("GET", bulk, params=query)
    for query in [{"run_ids": [other], "metric_key": "batch", "max_results": 5}, {"run_ids": [rid], "metric_key": "batch", "start_step": 10, "end_step": 20, "max_results": 3},
                  {"run_ids": [rid], "metric_key": "batch", "start_step": 10, "max_results": 3}, {"run_ids": [rid], "metric_key": "batch", "start_step": 20, "end_step": 10, "max_results": 3},
                  {"run_ids": [rid], "metric_key": "batch", "max_results": 0}, {"metric_key": "batch", "max_results": 3}, {"run_ids": [rid], "max_results": 3}]:
        raw.ask("GET", bulk + "-interval", params=query)


@session
def refused_metrics(client, raw):
    eid = client.create_experiment("refused")
    rid = client.create_run(eid, start_time=THEN, run_name="r").info.run_id
    good = {"run_id": rid, "key": "m", "value": 1.0, "timestamp": THEN, "step": 1}
    for change in [{"run_id": NOBODY}, {"run_id": 5}, {"key": None}, {"key": ""}, {"key": 5}, {"value": None}, {"value": "one"}, {"value": True}, {"value": "1.5"}, {"value": [1]},
                   {"value": "NaN"}, {"value": "Infinity"}, {"timestamp": None}, {"timestamp": -1}, {"timestamp": "soon"}, {"timestamp": 1.5}, {"timestamp": str(THEN)},
                   {"step": "first"}, {"step": 1.5}, {"step": None}, {"step": "7"}, {"step": 2**63}, {"timestamp": 2**63}]:
        raw.post("runs/log-metric", good | change)
    for field in ["run_id", "key", "value", "timestamp", "step"]:
        raw.post("runs/log-metric", {key: value for key, value in good.items() if key != field})
    point = {"key": "b", "value": 1.0, "timestamp": THEN, "step": 1}
    for body in [{}, {"run_id": rid}, {"run_id": NOBODY, "metrics": [point]}, {"run_id": rid, "metrics": 5}, {"run_id": rid, "metrics": [5]}, {"run_id": rid, "metrics": [{}]},
                 {"run_id": rid, "metrics": [point, {"key": "c"}]}, {"run_id": rid, "metrics": [point | {"value": "x"}]}, {"run_id": rid, "metrics": [point | {"timestamp": -1}]},
                 {"run_id": rid, "metrics": [point | {"key": "a/../b"}]}, {"run_id": rid, "metrics": [point | {"key": "k" * 251}]},
                 {"run_id": rid, "metrics": [point | {"key": f"m{i}"} for i in range(1001)]}, {"run_id": rid, "params": [{"key": f"p{i}", "value": "v"} for i in range(101)]},
                 {"run_id": rid, "tags": [{"key": f"t{i}", "value": "v"} for i in range(101)]},
                 {"run_id": rid, "metrics": [point | {"key": f"m{i}"} for i in range(950)], "params": [{"key": f"p{i}", "value": "v"} for i in range(60)]},
                 {"run_id": rid, "params": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}, {"run_id": rid, "params": [{"key": "a", "value": "1"}, {"key": "a", "value": "1"}]},
                 {"run_id": rid, "params": [{"key": "a", "value": "9"}], "metrics": [point | {"key": "not kept"}]}, {"run_id": rid, "params": [{"value": "v"}]},
                 {"run_id": rid, "params": [{"key": "a/../b", "value": "v"}]}, {"run_id": rid, "params": [{"key": "long", "value": "x" * 6_001}]},
                 {"run_id": rid, "tags": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}, {"run_id": rid, "tags": [{"key": "long", "value": "x" * 8_001}]},
                 {"run_id": rid, "tags": [{"key": "k" * 251, "value": "v"}]}, {"run_id": rid, "tags": [{"value": "v"}]}, {"run_id": rid, "tags": "t"}]:
        raw.post("runs/log-batch", body)
    raw.get("metrics/get-history", {}, {"run_id": rid}, {"metric_key": "m"}, {"run_id": NOBODY, "metric_key": "m"}, {"run_id": rid, "metric_key": "m", "max_results": "many"},
            {"run_id": rid, "metric_key": "m", "max_results": 5, "page_token": "bad"})
    raw.get("runs/get", {"run_id": rid})


@session
def search_runs(client, raw):
    eid = client.create_experiment("search")
    for i in range(8):
        rid = client.create_run(eid, run_name=f"run-{i:02}", start_time=THEN + i, tags={"mlflow.user": "ab"[i % 2]}).info.run_id
        client.log_batch(rid, metrics=[Metric(f"m{k}", float(i * k % 7), THEN + k, k) for k in range(1, 4)] + ([Metric("odd", float("nan"), THEN, 0)] if i % 4 == 1 else []),
                         params=[Param("p", str(i % 3)), Param("only even" if i % 2 == 0 else "odd", "y")],
                         tags=[RunTag("bucket", "aB"[i % 2]), RunTag("dotted.key", str(i))])
        if i != 6:
            client.set_terminated(rid, "FINISHED" if i % 5 else "FAILED", end_time=THEN + 100 + i)
    names = ["run_name ASC"]
    for text in [
        "params.p = '1'", "params.p != '1'", "param.p = '1'", "parameters.p LIKE '%'", "metrics.m3 >= 5", "metric.m3 > 5 and params.p != '0'", "metrics.m1 = 3", "metrics.m1 != 3.0",
        "metrics.m2 < 2e0", "metrics.m2 <= -1", "metrics.absent > 0", "tags.bucket = 'a' AND attributes.status = 'FAILED'", "tag.bucket ILIKE 'b'", "tags.bucket LIKE 'b'",
        "tags.`dotted.key` = '7'", 'tags."dotted.key" = "8"', "params.`only even` = 'y'", "params.`only even` IS NULL", "params.odd IS NOT NULL", "tags.absent IS NULL",
        "run_name LIKE '%-03'", "run_name ILIKE 'RUN-0_'", "attributes.run_name = 'run-03'", "run.run_name != 'run-03'", "`run name` = 'run-03'", "attributes.`Run name` = 'run-03'",
        "start_time > %d" % (THEN + 5), "attr.start_time <= %d" % (THEN + 2), "created = %d" % (THEN + 1), "end_time >= %d" % (THEN + 105), "end_time != %d" % (THEN + 105),
        "user_id = 'a'", "status = 'RUNNING'", "status != 'FINISHED'", "artifact_uri LIKE '%artifacts'", "run_id IN ('%s', '%s')" % (NOBODY, "x"),
        "tags.bucket='a'AND params.p='1'", "", "metrics.m1 > 1 AND metrics.m2 > 1 AND metrics.m3 > 1",
    ]:
        client.search_runs([eid], text, order_by=names)
    for order in [[], ["start_time ASC"], ["attributes.start_time DESC"], ["metrics.m3 DESC", "start_time DESC"], ["metrics.odd"], ["metrics.odd DESC"], ["params.odd ASC", "start_time ASC"],
                  ["params.p DESC", "metrics.m1"], ["tags.bucket", "run_name DESC"], ["`end_time` desc"], ["end_time"], ["status", "start_time"], ["params.`only even`"], ["metrics.absent"],
                  ["Created ASC"], ["start_time"]]:
        client.search_runs([eid], order_by=order)
    for size in [1, 3, 8]:
        page = client.search_runs([eid], max_results=size, order_by=["metrics.m3", "run_name ASC"])
        while page.token and size > 1:
            page = client.search_runs([eid], max_results=size, order_by=["metrics.m3", "run_name ASC"], page_token=page.token)
    client.delete_run(page[0].info.run_id)
    for view in [ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL]:
        client.search_runs([eid], run_view_type=view, order_by=names)
    client.search_runs([], order_by=names)
    client.search_runs(["0", "999"], order_by=names)
    client.search_runs([eid, "0"], "run_name = 'run-01'")
    for text in [
        "metrics.m3 = 'x'", "params.p = 1", "foo.bar = 'x'", "params.p = '1' OR params.p = '2'", "params.p", "params.p =", "= '1'", "params.p = '1' AND", "AND", "params.p == '1'",
        "params.p = '1", "params.p > '1'", "metrics.m1 LIKE '1'", "metrics.m1 IS NULL", "status > 'a'", "start_time = 'x'", "start_time LIKE '1'", "run_id > 'a'", "run_id IN (1, 2)",
        "run_id IN ()", "params.p IN ('1')", "params = '1'", "params. = '1'", "(params.p = '1')", "NOT params.p = '1'", "params.p = '1'; DROP TABLE runs", "attributes.nothing = 'x'",
        "nothing = 'x'", "params.p BETWEEN '1' AND '2'", "dataset.name > 'a'", "datasets.nothing = 'a'", "dataset.name = 5", "metrics.m1 > 1 metrics.m2 > 2", "tags.a.b.c", "params.p = \"1'", "1 = 1",
        "params.p = params.q", "tags.bucket NOT LIKE 'a'", "metrics.m1 > --1", "metrics.m1 > 1e", "user_id IN ('a')",
    ]:
        client.search_runs([eid], text)
    for order in ["nothing", "metrics", "metrics.m1 SIDEWAYS", "metrics.m1 ASC DESC", "foo.bar", "", "metrics.m1,metrics.m2", "dataset.name", "attributes.nothing"]:
        raw.post("runs/search", {"experiment_ids": [eid], "order_by": [order], "max_results": 1})
    raw.post("runs/search", {}, {"experiment_ids": "x"}, {"experiment_ids": [eid], "max_results": 0}, {"experiment_ids": [eid], "max_results": 50_001}, {"experiment_ids": [eid], "max_results": "x"},
             {"experiment_ids": [eid], "page_token": "bad"}, {"experiment_ids": [eid], "run_view_type": "NONE"}, {"experiment_ids": [eid], "filter": 7}, {"experiment_ids": [eid], "order_by": "start_time"},
             {"experiment_ids": [eid], "max_results": -1}, {"experiment_ids": [5]}, {"experiment_ids": [eid], "run_view_type": "ALL", "max_results": "2", "order_by": ["start_time"]})


@session
def inputs(client, raw):
    eid = client.create_experiment("inputs")
    first, second = (client.create_run(eid, start_time=THEN + i, run_name=f"r{i}").info.run_id for i in range(2))

    def dataset(name, digest="d1", context="training", schema="{}"):
        whole = Dataset(name=name, digest=digest, source_type="http", source='{"url": "https://example.invalid/d.csv"}', schema=schema, profile='{"num_rows": 3}')
        return DatasetInput(dataset=whole, tags=[InputTag("mlflow.data.context", context), InputTag("k", "v")])

    client.log_inputs(first, datasets=[dataset("flights"), dataset("weather", "d2", "eval")])
    client.log_inputs(first, datasets=[dataset("flights")])
    client.log_inputs(first, datasets=[dataset("flights", context="again")])
    client.log_inputs(second, datasets=[dataset("flights"), dataset("Flights", "d9")])
    client.get_run(first)
    client.get_run(second)
    for text in ["dataset.name = 'flights'", "dataset.name ILIKE 'FLIGHTS' AND dataset.context = 'training'", "datasets.digest = 'd9'", "dataset.digest != 'd9'", "dataset.name IN ('weather', 'x')",
                 "dataset.name NOT IN ('weather')", "dataset.context LIKE 'ev%'", "dataset.name = 'none'"]:
        client.search_runs([eid], text, order_by=["start_time"])
    raw.ask("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": [eid]})
    raw.ask("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {})
    raw.ask("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": ["999"]})
    good = {"name": "n", "digest": "d", "source_type": "t", "source": "s"}
    for body in [{}, {"run_id": first}, {"run_id": NOBODY, "datasets": [{"dataset": good}]}, {"run_id": first, "datasets": 5}, {"run_id": first, "datasets": [{}]}, {"run_id": first, "datasets": [{"dataset": {}}]},
                 *({"run_id": first, "datasets": [{"dataset": {k: v for k, v in good.items() if k != field}}]} for field in good), {"run_id": first, "datasets": [{"dataset": good | {"name": "x" * 501}}]},
                 {"run_id": first, "datasets": [{"dataset": good | {"digest": "x" * 37}}]}, {"run_id": first, "datasets": [{"dataset": good | {"source": "x" * 65_536}}]},
                 {"run_id": first, "datasets": [{"dataset": good, "tags": [{"key": "k" * 256, "value": "v"}]}]}, {"run_id": first, "datasets": [{"dataset": good, "tags": [{"key": "k", "value": "v" * 501}]}]},
                 {"run_id": first, "datasets": [{"dataset": good, "tags": [{"key": "k"}]}]}, {"run_id": first, "datasets": [{"dataset": good}]}]:
        raw.post("runs/log-inputs", body)
    client.get_run(first)
    model = client.create_logged_model(eid, name="model", source_run_id=first)
    client.log_inputs(second, models=[LoggedModelInput(model.model_id)])
    client.log_outputs(first, [LoggedModelOutput(model.model_id, 3)])
    raw.post("runs/outputs", {}, {"run_id": first}, {"run_id": NOBODY, "models": [{"model_id": model.model_id, "step": 0}]}, {"run_id": first, "models": [{}]}, {"run_id": first, "models": 5})
    client.get_run(first)
    client.get_run(second)


@session
def logged_models(client, raw):
    eid = client.create_experiment("models")
    rid = client.create_run(eid, start_time=THEN, run_name="r").info.run_id
    one = client.create_logged_model(eid, name="one", source_run_id=rid, params={"a": "1", "b": "x" * 300}, tags={"kind": "tree"}, model_type="agent")
    two = client.create_logged_model(eid, name="two")
    unnamed = raw.post("logged-models", {"experiment_id": eid, "name": "three", "tags": [{"key": "kind", "value": "line"}]})["model"]["info"]["model_id"]
    client.get_logged_model(one.model_id)
    client.log_model_params(one.model_id, {"c": "3"})
    client.set_logged_model_tags(one.model_id, {"kind": "forest", "more": "yes"})
    client.delete_logged_model_tag(one.model_id, "more")
    client.delete_logged_model_tag(one.model_id, "more")
    client.finalize_logged_model(one.model_id, "READY")
    client.finalize_logged_model(two.model_id, "FAILED")
    client.log_metric(rid, "val", 0.7, timestamp=THEN, step=1, model_id=one.model_id)
    client.log_metric(rid, "val", 0.9, timestamp=THEN + 1, step=2, model_id=one.model_id, dataset_name="d", dataset_digest="1")
    client.log_metric(rid, "val", 0.2, timestamp=THEN, step=1, model_id=two.model_id)
    client.get_logged_model(one.model_id)
    client.get_run(rid)
    for text in ["name = 'one'", "name LIKE 't%'", "attributes.name ILIKE 'ONE'", "params.a = '1'", "tags.kind = 'forest'", "tags.kind != 'forest'", "status = 'READY'", "metrics.val > 0.5", "metrics.val < 0.5",
                 "source_run_id = '%s'" % rid, "model_id = '%s'" % one.model_id, "name IN ('one', 'two')", "name NOT IN ('one')", "creation_timestamp > 0", "model_type = 'agent'", "model_id != 'x' AND name = 'two'"]:
        client.search_logged_models([eid], filter_string=text, order_by=[{"field_name": "name"}])
    client.search_logged_models([eid], filter_string="metrics.val > 0.8", datasets=[{"dataset_name": "d", "dataset_digest": "1"}])
    client.search_logged_models([eid], filter_string="metrics.val > 0.95", datasets=[{"dataset_name": "d", "dataset_digest": "1"}])
    for order in [{"field_name": "name", "ascending": False}, {"field_name": "metrics.val"}, {"field_name": "metrics.val", "ascending": False}, {"field_name": "metrics.val", "dataset_name": "d", "dataset_digest": "1"}]:
        client.search_logged_models([eid], order_by=[order, {"field_name": "name"}])
    page = client.search_logged_models([eid], max_results=2, order_by=[{"field_name": "name"}])
    client.search_logged_models([eid], max_results=2, order_by=[{"field_name": "name"}], page_token=page.token)
    for text in ["nothing = 'x'", "name = 5", "name > 'a'", "metrics.val = 'x'", "name", "name = 'a' OR name = 'b'", "metrics.val LIKE 'x'", "foo.bar = 'x'", "name ="]:
        client.search_logged_models([eid], filter_string=text)
    raw.post("logged-models/search", {}, {"experiment_ids": []}, {"experiment_ids": [eid], "max_results": 0}, {"experiment_ids": [eid], "max_results": -1}, {"experiment_ids": [eid], "page_token": "bad"},
             {"experiment_ids": [eid], "order_by": [{"field_name": "nothing"}]}, {"experiment_ids": [eid], "order_by": [{}]}, {"experiment_ids": [eid], "order_by": [{"field_name": "name", "dataset_name": "d"}]},
             {"experiment_ids": [eid], "datasets": [{}]}, {"experiment_ids": ["999"]})
    raw.post("logged-models", {}, {"experiment_id": "999", "name": "x"}, {"experiment_id": "0", "name": ""}, {"experiment_id": eid, "name": "a/b"}, {"experiment_id": eid, "name": "a:b"}, {"experiment_id": eid, "name": 5},
             {"experiment_id": eid, "name": "x", "params": 5}, {"experiment_id": eid, "name": "x", "tags": [{"key": "k" * 251, "value": "v"}]})
    raw.get("logged-models/m-nobody")
    raw.ask("PATCH", f"logged-models/{unnamed}", {})
    raw.ask("PATCH", f"logged-models/{unnamed}", {"status": "LOGGED_MODEL_LOST"})
    raw.ask("PATCH", "logged-models/m-nobody", {"status": "LOGGED_MODEL_READY"})
    raw.post("logged-models/m-nobody/params", {"params": [{"key": "a", "value": "1"}]})
    raw.ask("PATCH", "logged-models/m-nobody/tags", {"tags": [{"key": "a", "value": "1"}]})
    raw.ask("DELETE", "logged-models/m-nobody/tags/a")
    raw.ask("DELETE", "logged-models/m-nobody")
    client.delete_logged_model(two.model_id)
    client.get_logged_model(two.model_id)
    client.search_logged_models([eid], order_by=[{"field_name": "name"}])
    raw.ask("GET", f"logged-models/{one.model_id}/artifacts/directories")


@session
def registry(client, raw):
    eid = client.create_experiment("registry")
    run = client.create_run(eid, start_time=THEN, run_name="r")
    client.create_registered_model("trees", tags={"a": "1", "b": "2"}, description="what grows")
    client.create_registered_model("lines")
    client.create_registered_model("trees")
    source = f"{run.info.artifact_uri}/model"
    for i in range(3):
        client.create_model_version("trees", source, run.info.run_id, tags={"i": str(i)}, run_link="https://example.invalid/run" if i else None, description=f"number {i}" if i else None)
    client.create_model_version("lines", "mlflow-artifacts:/0/somewhere")
    client.get_model_version("trees", "1")
    client.get_model_version("trees", "2")
    client.get_model_version_download_uri("trees", "1")
    client.get_registered_model("trees")
    client.transition_model_version_stage("trees", "1", "Production")
    client.transition_model_version_stage("trees", "2", "production", archive_existing_versions=True)
    client.transition_model_version_stage("trees", "3", "Staging")
    client.get_latest_versions("trees")
    client.get_latest_versions("trees", ["Production", "None"])
    client.transition_model_version_stage("trees", "3", "Nowhere")
    client.get_latest_versions("trees", ["Nowhere"])
    client.set_model_version_tag("trees", "3", "k", "v")
    client.delete_model_version_tag("trees", "3", "i")
    client.delete_model_version_tag("trees", "3", "i")
    client.update_model_version("trees", "3", "new text")
    client.get_model_version("trees", "3")
    client.set_registered_model_alias("trees", "champion", "1")
    client.set_registered_model_alias("trees", "champion", "2")
    client.set_registered_model_alias("trees", "Rival-1", "2")
    client.get_model_version_by_alias("trees", "champion")
    client.get_registered_model("trees")
    client.delete_registered_model_alias("trees", "Rival-1")
    client.delete_registered_model_alias("trees", "Rival-1")
    client.get_model_version_by_alias("trees", "Rival-1")
    client.set_registered_model_tag("trees", "b", "3")
    client.delete_registered_model_tag("trees", "a")
    client.update_registered_model("trees", "text")
    for text in ["name = 'trees'", "name LIKE '%e%'", "name ILIKE 'TREES'", "name != 'trees'", "tags.b = '3'", "tags.b != '3'", "name IN ('trees')", ""]:
        client.search_registered_models(text)
    client.search_registered_models(order_by=["name DESC"])
    page = client.search_registered_models(max_results=1, order_by=["name ASC"])
    client.search_registered_models(max_results=1, order_by=["name ASC"], page_token=page.token)
    for text in ["name = 'trees'", "name LIKE 't%'", "name ILIKE 'T%'", "run_id = '%s'" % run.info.run_id, "source_path LIKE '%model'", "version_number > 1", "version_number = 2", "tags.k = 'v'", "run_id IN ('%s')" % run.info.run_id,
                 "name = 'trees' AND tags.i = '0'", "name = 'nobody'"]:
        client.search_model_versions(text, order_by=["name ASC", "version_number ASC"])
    client.search_model_versions("name = 'trees'", order_by=["version_number DESC"])
    page = client.search_model_versions("name = 'trees'", max_results=2, order_by=["version_number ASC"])
    client.search_model_versions("name = 'trees'", max_results=2, order_by=["version_number ASC"], page_token=page.token)
    client.rename_registered_model("trees", "forest")
    client.get_registered_model("trees")
    client.rename_registered_model("forest", "lines")
    client.get_model_version_by_alias("forest", "champion")
    client.delete_model_version("forest", "2")
    client.get_model_version("forest", "2")
    client.get_registered_model("forest")
    client.create_model_version("forest", source, run.info.run_id)
    client.delete_model_version("forest", "4")
    client.create_model_version("forest", source, run.info.run_id)
    client.delete_registered_model("forest")
    client.get_registered_model("forest")
    client.search_model_versions("name = 'forest'")


@session
def refused_registry(client, raw):
    eid = client.create_experiment("refused")
    run = client.create_run(eid, start_time=THEN, run_name="r")
    client.create_registered_model("known")
    client.create_model_version("known", f"{run.info.artifact_uri}/model", run.info.run_id)
    models = "registered-models/"
    raw.post(models + "create", {}, {"name": ""}, {"name": 5}, {"name": "a/b"}, {"name": "a:b"}, {"name": "x" * 300}, {"name": "t", "tags": 5}, {"name": "t", "tags": [{"key": "k" * 251, "value": "v"}]}, {"name": "t", "description": 5})
    raw.get(models + "get", {}, {"name": ""}, {"name": "nobody"})
    raw.post(models + "rename", {}, {"name": "known"}, {"name": "nobody", "new_name": "n"}, {"name": "known", "new_name": "a/b"}, {"name": "known", "new_name": ""}, {"name": "known", "new_name": 5})
    for method, path in [("PATCH", models + "update"), ("DELETE", models + "delete"), ("POST", models + "set-tag"), ("DELETE", models + "delete-tag"), ("POST", models + "alias"), ("DELETE", models + "alias"),
                         ("POST", "model-versions/create"), ("PATCH", "model-versions/update"), ("POST", "model-versions/transition-stage"), ("DELETE", "model-versions/delete"),
                         ("POST", "model-versions/set-tag"), ("DELETE", "model-versions/delete-tag")]:
        whole = {"name": "nobody", "version": "1", "key": "k", "value": "v", "alias": "a", "description": "d", "stage": "Production", "archive_existing_versions": False, "source": "mlflow-artifacts:/0/m"}
        for body in [{}, whole, {"name": 5}, {"name": "known"}, {"name": "known", "version": 1, "key": "k", "alias": "a"}, {"name": "known", "version": "one", "key": "k", "value": "v", "alias": "a", "stage": "Staging", "archive_existing_versions": False},
                     {"name": "known", "version": "99", "key": "k", "value": "v", "alias": "a", "stage": "Staging", "archive_existing_versions": False}]:
            raw.ask(method, path, body)
    raw.ask("POST", models + "create", {"name": "known"})
    raw.get(models + "alias", {}, {"name": "known"}, {"name": "nobody", "alias": "a"}, {"name": "known", "alias": "nobody"})
    for alias in ["latest", "Latest", "v1", "V22", "a b", "a/b", "ä", "", "x" * 256, "v1x", "-", 5]:
        raw.post(models + "alias", {"name": "known", "alias": alias, "version": "1"})
    raw.post(models + "set-tag", {"name": "known", "key": "k" * 251, "value": "v"}, {"name": "known", "key": "k", "value": "x" * 100_001}, {"name": "known", "key": "k", "value": 5}, {"name": "known", "key": "", "value": "v"})
    raw.post("model-versions/set-tag", {"name": "known", "version": "1", "key": "k" * 251, "value": "v"}, {"name": "known", "version": "1", "key": "k"}, {"name": "known", "version": "1", "key": "k", "value": 5})
    for source in ["/etc", "file:///etc", "../x", "mlflow-artifacts:/../x", "mlflow-artifacts:/a/%2e%2e/b", "", 5, "file://host/x", "http://host/a/../b", "mlflow-artifacts:/ok", "s3://bucket/ok", "models:/nobody/1", "runs:/" + NOBODY + "/m"]:
        raw.post("model-versions/create", {"name": "known", "source": source})
        raw.post("model-versions/create", {"name": "known", "source": source, "run_id": run.info.run_id})
    raw.post("model-versions/create", {"name": "known", "source": "mlflow-artifacts:/ok", "run_id": NOBODY}, {"name": "known", "source": "mlflow-artifacts:/ok", "model_id": "m-nobody"})
    raw.get("model-versions/get", {}, {"name": "known"}, {"name": "known", "version": "99"}, {"name": "known", "version": "one"}, {"name": "nobody", "version": "1"}, {"name": "", "version": "1"})
    raw.get("model-versions/get-download-uri", {}, {"name": "known"}, {"name": "known", "version": "99"}, {"name": "nobody", "version": "1"})
    raw.post(models + "get-latest-versions", {}, {"name": "nobody"}, {"name": "known", "stages": ["x"]}, {"name": "known", "stages": "x"})
    raw.get(models + "search", {"filter": "foo = 'x'"}, {"filter": "name > 'x'"}, {"filter": "name = 5"}, {"filter": "name"}, {"filter": "name = 'a' OR name = 'b'"}, {"max_results": 0}, {"max_results": 1_001}, {"max_results": "x"}, {"page_token": "bad"},
            {"order_by": "nothing"}, {"order_by": "name SIDEWAYS"}, {"filter": "tags.a > 'x'"}, {"filter": "run_id = 'x'"})
    raw.get("model-versions/search", {"filter": "foo = 'x'"}, {"filter": "name > 'x'"}, {"filter": "version_number = 'x'"}, {"filter": "version_number LIKE '1'"}, {"filter": "run_id IN (1)"}, {"filter": "run_id IN ('a', )"}, {"filter": "name IN ('a')"},
            {"filter": "name = 'a' OR name = 'b'"}, {"max_results": 0}, {"max_results": 200_001}, {"page_token": "bad"}, {"order_by": "nothing"}, {"order_by": "name SIDEWAYS"})
    raw.post("model-versions/transition-stage", {"name": "known", "version": "1", "stage": "Production"}, {"name": "known", "version": "1", "stage": 5, "archive_existing_versions": False},
             {"name": "known", "version": "1", "stage": "Archived", "archive_existing_versions": True}, {"name": "known", "version": "1", "stage": "nowhere", "archive_existing_versions": False})
    client.get_registered_model("known")


@session
def artifacts(client, raw):
    eid = client.create_experiment("artifacts")
    run = client.create_run(eid, start_time=THEN, run_name="r")
    rid = run.info.run_id
    client.list_artifacts(rid)
    client.log_text(rid, "héllo", "notes/hello.txt")
    client.log_dict(rid, {"a": [1, 2]}, "conf.json")
    os.makedirs("tree/sub dir")
    for name, text in {"a.csv": "x,y\n1,2\n", "model.yaml": "a: 1\n", "sub dir/b c.txt": "b", "MLmodel": "flavors: {}\n", "page.html": "<p>", "code.py": "pass\n", "plain": "", "odd 100%+&=#.md": "odd"}.items():
        with open(os.path.join("tree", name), "w") as file:
            file.write(text)
    client.log_artifacts(rid, "tree", "tree")
    client.log_artifact(rid, "tree/a.csv")
    for path in [None, "tree", "tree/sub dir", "tree/a.csv", "nothing", "notes"]:
        client.list_artifacts(rid, path)
    os.makedirs("down")
    for path in ["notes/hello.txt", "conf.json", "tree", "nothing"]:
        client.download_artifacts(rid, path, dst_path="down")
    root = "/api/2.0/mlflow-artifacts/artifacts"
    base = f"{eid}/{rid}/artifacts"
    raw.ask("GET", root, params={"path": base})
    raw.ask("GET", root, params={"path": f"{base}/tree"})
    raw.ask("GET", root, params={"path": "nothing/here"})
    for path in ["../x", "/etc", "a/../../x", "%2e%2e/x", "%252e%252e/x", "C:\\x", "a\0b"]:
        raw.ask("GET", root, params={"path": path})
        raw.ask("GET", "artifacts/list", params={"run_id": rid, "path": path})
    raw.ask("GET", f"{root}/{base}/nothing.txt")
    raw.ask("GET", f"{root}/{base}/tree/%252e%252e/a.csv")
    raw.ask("PUT", f"{root}/{base}/put.txt", data="put", headers={"Content-Type": "text/plain"})
    raw.ask("PUT", f"{root}/{base}/put.txt", data="put again", headers={"Content-Type": "text/plain"})
    raw.ask("GET", f"{root}/{base}/put.txt")
    raw.ask("GET", "/get-artifact", params={"run_id": rid, "path": "put.txt"})
    raw.ask("GET", "/get-artifact", params={"run_id": rid, "path": "nothing.txt"})
    raw.ask("GET", "/get-artifact", params={"run_id": NOBODY, "path": "put.txt"})
    raw.ask("GET", "/get-artifact", params={"path": "put.txt"})
    raw.ask("GET", "artifacts/list")
    raw.ask("GET", "artifacts/list", params={"run_id": NOBODY})
    raw.ask("DELETE", f"{root}/{base}/put.txt")
    raw.ask("GET", f"{root}/{base}/put.txt")
    raw.ask("DELETE", f"{root}/{base}/tree")
    client.list_artifacts(rid)


@session
def training(client, raw):
    """What a script's training loop sends, start to end."""
    mlflow.set_experiment("training")
    with mlflow.start_run(run_name="loop") as run:
        mlflow.log_params({"rate": 0.1, "layers": [2, 3]})
        for epoch in range(5):
            client.log_metric(run.info.run_id, "loss", 1 / (epoch + 1), timestamp=THEN + epoch, step=epoch)
        mlflow.log_text("done", "log.txt")
        model = mlflow.initialize_logged_model(name="net", params={"rate": "0.1"})
        mlflow.set_logged_model_tags(model.model_id, {"kind": "net"})
        mlflow.finalize_logged_model(model.model_id, "READY")
        client.log_outputs(run.info.run_id, [LoggedModelOutput(model.model_id, 4)])
    client.create_registered_model("net")
    client.create_model_version("net", f"models:/{model.model_id}", model_id=model.model_id)
    client.set_registered_model_alias("net", "champion", "1")
    client.get_model_version_by_alias("net", "champion")
    client.get_logged_model(model.model_id)
    client.get_run(run.info.run_id)
    mlflow.search_runs(search_all_experiments=True, output_format="list")
