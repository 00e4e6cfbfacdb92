#!/usr/bin/env python3
"""Makes the MLflow store that the import is tested with, and writes down what MLflow says of it.

    pip install mlflow==3.12.0
    python make.py

starts MLflow's server in a directory of its own, logs to it with MLflow's client, asks the server for everything over HTTP, and
leaves here

    mlflow.db      the database, as MLflow left it, but for smaller pages
    mlartifacts/   the artifacts, as MLflow left them
    answers.json   requests and what MLflow answered: [{method, path, query, body, status, answer}], and the SHA-256 of artifacts

All of it is made up by this script; nothing is taken from elsewhere, so it has the licence of this repository.
"""

import hashlib
import json
import math
import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
FIRST = 1_700_000_000_000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(folder, port):
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--artifacts-destination", f"{folder}/mlartifacts", "--serve-artifacts"]
    server = subprocess.Popen(command, cwd=folder, start_new_session=True)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health").read()
            return server
        except OSError:
            time.sleep(0.5)
    raise SystemExit("MLflow's server did not start")


def fill(client, folder):
    """Logs something of every kind."""
    from mlflow.entities import DatasetInput, Dataset, InputTag, LoggedModelInput, LoggedModelOutput, LoggedModelParameter
    from mlflow.entities import LoggedModelStatus, LoggedModelTag, Metric, Param, RunTag

    churn = client.create_experiment("churn", tags={"team": "growth", "mlflow.note.content": "who leaves, and why"})
    gone = client.create_experiment("gone")
    odd = client.create_experiment("ünï côdé / 试验", artifact_location="s3://somewhere/else")
    client.set_experiment_tag("0", "kind", "scratch")

    parent = client.create_run(churn, start_time=FIRST, run_name="sweep", tags={"mlflow.user": "ada"})
    parent = parent.info.run_id
    first = client.create_run(churn, start_time=FIRST + 1_000, run_name="depth 3", tags={"mlflow.parentRunId": parent}).info.run_id
    second = client.create_run(churn, start_time=FIRST + 2_000, tags={"mlflow.parentRunId": parent}).info.run_id
    failed = client.create_run("0", start_time=FIRST + 3_000, run_name="failed").info.run_id
    running = client.create_run("0", start_time=FIRST + 4_000, run_name="still running").info.run_id
    killed = client.create_run(odd, start_time=FIRST + 5_000, run_name="elsewhere").info.run_id
    deleted = client.create_run(churn, start_time=FIRST + 6_000, run_name="deleted").info.run_id
    of_gone = client.create_run(gone, start_time=FIRST + 7_000, run_name="of a deleted experiment").info.run_id

    params = [Param("depth", "3"), Param("learning rate", "0.1"), Param("long", "x" * 6_000), Param("päram/α", "välue 🙂")]
    tags = [RunTag("note", "line 1\nline 2 \"quoted\" 'too'"), RunTag("long", "y" * 7_000), RunTag("empty", "")]
    history = [Metric("loss", 1.0 / (step + 1), FIRST + step // 3, step) for step in range(300)]
    client.log_batch(first, metrics=history, params=params, tags=tags)
    odd_values = [math.nan, math.inf, -math.inf, 1.7976931348623157e308, 5e-324, -1.5, 0.1 + 0.2, 1e-300, 0.0]
    odd_values = [Metric("odd", value, FIRST + at, at - 4) for at, value in enumerate(odd_values)]
    more = [Metric("odd", 2.0, FIRST, 2**53 + 1), Metric("nan", math.nan, 5, 5), Metric("nan", 1.0, 5, 5), Metric("again", 1.0, 1, 1)]
    more += [Metric("again", 1.0, 1, 1), Metric("last is not latest", 1.0, 10, 10), Metric("last is not latest", 9.0, 20, 3)]
    client.log_batch(second, metrics=odd_values + more, params=[Param("depth", "5")])
    client.log_metric(running, "loss", 0.5, step=1, timestamp=FIRST)

    def data(name, digest, context, **other):
        dataset = Dataset(name, digest, "local", json.dumps({"uri": f"{name}.csv"}), **other)
        return DatasetInput(dataset, [InputTag("mlflow.data.context", context)])

    schema = json.dumps({"mlflow_colspec": [{"type": "double", "name": "x"}]})
    train = data("customers", "abc123", "training", schema=schema, profile='{"num_rows": 12}')
    valid = data("customers", "def456", "validation")
    client.log_inputs(first, datasets=[train, valid])

    model = client.create_logged_model(
        churn, name="tree", source_run_id=first, model_type="classifier", params={"depth": "3"}, tags={"kind": "tree"}
    ).model_id
    (folder / "files").mkdir()
    (folder / "files" / "MLmodel").write_text(f"artifact_path: model\nmodel_id: {model}\nflavors: {{}}\n")
    (folder / "files" / "weights.bin").write_bytes(bytes(range(256)) * 40)
    client.log_model_artifacts(model, str(folder / "files"))
    client.finalize_logged_model(model, LoggedModelStatus.READY)
    client.log_metric(first, "accuracy", 0.75, step=7, timestamp=FIRST, model_id=model, dataset_name="customers", dataset_digest="abc123")
    client.log_metric(first, "accuracy", 0.8, step=8, timestamp=FIRST + 1, model_id=model)
    pending = client.create_logged_model(churn, name="unfinished").model_id
    dropped = client.create_logged_model("0", name="dropped").model_id
    client.delete_logged_model(dropped)
    client.log_inputs(second, models=[LoggedModelInput(model)])
    client.log_outputs(first, models=[LoggedModelOutput(model, 8), LoggedModelOutput(pending, 9)])

    client.log_text(first, "hello\n", "notes/hello.txt")
    client.log_text(first, "", "empty.txt")
    client.log_text(first, "ü\n", "odd names/ünï côdé (1).txt")
    client.log_text(deleted, "kept\n", "kept.txt")

    for run, status in [(parent, "FINISHED"), (first, "FINISHED"), (second, "FINISHED"), (failed, "FAILED"), (deleted, "FINISHED")]:
        client.set_terminated(run, status, end_time=FIRST + 60_000)
    client.set_terminated(killed, "KILLED", end_time=FIRST + 61_000)
    client.delete_run(deleted)
    client.delete_experiment(gone)

    client.create_registered_model("churn", tags={"owner": "ada"}, description="who will leave")
    for _ in range(4):
        client.create_model_version("churn", f"models:/{model}", run_id=first, model_id=model, tags={"checked": "yes"}, description="a tree")
    client.transition_model_version_stage("churn", "1", "Archived")
    client.transition_model_version_stage("churn", "2", "Production")
    client.delete_model_version("churn", "4")
    client.set_registered_model_alias("churn", "champion", "2")
    client.set_registered_model_alias("churn", "challenger", "3")
    client.create_registered_model("nothing yet")
    client.copy_model_version("models:/churn/2", "copied")
    client.register_prompt("greeting", "Hello {{name}}", commit_message="first", tags={"tone": "warm"})
    client.register_prompt("greeting", "Hi {{name}}", commit_message="shorter")
    client.set_prompt_alias("greeting", "production", 2)

    import mlflow

    mlflow.set_experiment("churn")
    with mlflow.start_span("answered"):
        pass
    mlflow.flush_trace_async_logging()
    return {"model": model, "pending": pending, "runs": [parent, first, second, failed, running, killed, deleted, of_gone]}


def ask(url, method, path, query=None, body=None):
    line = f"{url}{path}" + (f"?{urllib.parse.urlencode(query, doseq=True)}" if query else "")
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(line, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    return {"method": method, "path": path, "query": query or {}, "body": body, "status": status, "answer": json.loads(text)}


def record(url, client, made):
    """Asks for everything there is."""
    asked = []

    def get(endpoint, **query):
        asked.append(ask(url, "GET", f"/api/2.0/mlflow/{endpoint}", query))
        return asked[-1]["answer"]

    def post(endpoint, **body):
        asked.append(ask(url, "POST", f"/api/2.0/mlflow/{endpoint}", body=body))
        return asked[-1]["answer"]

    found = post("experiments/search", max_results=100, view_type="ALL")["experiments"]
    experiments = [one["experiment_id"] for one in found]
    for one in found:
        get("experiments/get", experiment_id=one["experiment_id"])
        get("experiments/get-by-name", experiment_name=one["name"])
    runs = post("runs/search", experiment_ids=experiments, run_view_type="ALL", order_by=["attributes.start_time ASC"])["runs"]
    post("runs/search", experiment_ids=experiments, filter="params.depth = '3' and metrics.loss < 0.01")
    post("runs/search", experiment_ids=experiments, filter="dataset.name = 'customers' and tags.empty = ''")
    assert sorted(run["info"]["run_id"] for run in runs) == sorted(made["runs"])
    for run in runs:
        run_id = run["info"]["run_id"]
        get("runs/get", run_id=run_id)
        for metric in run["data"].get("metrics", []):
            get("metrics/get-history", run_id=run_id, metric_key=metric["key"], max_results=1_000)
    for path in [None, "notes", "odd names"]:
        get("artifacts/list", run_id=made["runs"][1], **({"path": path} if path else {}))
    asked.append(ask(url, "POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", body={"experiment_ids": experiments}))
    post("logged-models/search", experiment_ids=experiments, order_by=[{"field_name": "name", "ascending": True}])
    for model in [made["model"], made["pending"]]:
        get(f"logged-models/{model}")
    for name in ["churn", "nothing yet", "copied", "greeting"]:
        get("registered-models/get", name=name)
    get("registered-models/search", max_results=100)
    get("model-versions/search", max_results=100)
    for name, version in [("churn", "1"), ("churn", "2"), ("churn", "3"), ("churn", "4"), ("copied", "1"), ("greeting", "2")]:
        get("model-versions/get", name=name, version=version)
        get("model-versions/get-download-uri", name=name, version=version)
    for alias in ["champion", "challenger"]:
        get("registered-models/alias", name="churn", alias=alias)
    return asked


def dump(folder, asked):
    """Leaves the store here."""
    for old in [HERE / "mlflow.db", HERE / "answers.json"]:
        old.unlink(missing_ok=True)
    shutil.rmtree(HERE / "mlartifacts", ignore_errors=True)
    database = sqlite3.connect(folder / "mlflow.db", isolation_level=None)
    # Most of its tables are empty; a page for each of them would be most of the file.
    database.execute("PRAGMA page_size = 512")
    database.execute("VACUUM INTO ?", [str(HERE / "mlflow.db")])
    database.close()
    shutil.copytree(folder / "mlartifacts", HERE / "mlartifacts")
    files = {}
    for file in sorted((HERE / "mlartifacts").rglob("*")):
        if file.is_file():
            files[str(file.relative_to(HERE / "mlartifacts"))] = hashlib.sha256(file.read_bytes()).hexdigest()
    with open(HERE / "answers.json", "w", encoding="utf-8") as out:
        lines = ",\n".join(json.dumps(one, ensure_ascii=False, sort_keys=True) for one in asked)
        out.write(f'{{"files": {json.dumps(files, ensure_ascii=False, indent=1)},\n"asked": [\n{lines}\n]}}\n')


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mlflow-store-"))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    os.environ.update(MLFLOW_TRACKING_URI=url, MLFLOW_DISABLE_TELEMETRY="true", MLFLOW_ENABLE_ASYNC_TRACE_LOGGING="false")
    server = serve(folder, port)
    try:
        from mlflow import MlflowClient

        client = MlflowClient()
        made = fill(client, folder)
        asked = record(url, client, made)
    finally:
        os.killpg(server.pid, 15)
        server.wait()
    dump(folder, asked)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
