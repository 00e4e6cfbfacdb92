"""Records what MLflow's own server answers to its own client: python record.py [SESSION ...]

Each session of `script.py` runs against a server of its own with an empty store, started in a fork of this process. Requests and
answers are taken down as they pass through `requests`, and written to `sessions/NAME.jsonl`, one exchange a line. What differs from
run to run becomes a placeholder: `<run 1>`, `<model 1>`, `<token 1>`, `<name 1>` in the order in which the server first says them,
`<time>` for a time that no request has named, and `<directory>` for where the server kept things. Experiments are counted from 1 in
every store. A character that is
repeated 100 times or more is written `<100 x>`. `mod.rs` beside this file replays them.

Needs mlflow==3.12.0 with its server's packages. What it writes is data of our making, under the licence of this repository.
"""

import json
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
import traceback
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
os.environ.update(
    DO_NOT_TRACK="true",
    GIT_PYTHON_REFRESH="quiet",
    LOGNAME="tester",
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
)

import requests

KINDS = {
    "model_id": "model",
    "name": "name",
    "next_page_token": "token",
    "run_id": "run",
    "run_name": "name",
    "run_uuid": "run",
}
LONG = re.compile(r"(\w)\1{99,}")
GIVEN_NAME = re.compile(r"[a-z]+-[a-z]+-\d+")


class Recorder:
    """Takes down every exchange of `requests` with the server at `url`."""

    def __init__(self, url):
        self.url = url
        self.exchanges = []
        self.plain_send = requests.Session.send

    def __enter__(self):
        recorder = self

        def send(session, request, **options):
            body = request.body
            if hasattr(body, "read"):
                body = body.read()
                request.body = body
            response = recorder.plain_send(session, request, **options)
            recorder.take_down(request, body, response)
            return response

        requests.Session.send = send
        return self

    def __exit__(self, *_):
        requests.Session.send = self.plain_send

    def take_down(self, request, body, response):
        exchange = {"ask": f"{request.method} {request.url.removeprefix(self.url)}"}
        kind = request.headers.get("Content-Type", "")
        text = body.decode() if isinstance(body, bytes) else body
        if text is not None:
            try:
                assert kind == "application/json"
                exchange["json"] = json.loads(text)
            except (AssertionError, ValueError):
                exchange["type"] = kind
                exchange["text"] = text
        exchange["status"] = response.status_code
        if response.headers.get("Content-Type", "").startswith("application/json"):
            exchange["answer"] = response.json()
        elif not response.ok and response.headers.get("Content-Type", "").startswith("text/html"):
            pass  # A page of the server's framework, which is no part of the API.
        else:
            exchange["said"] = response.content.decode()
            exchange["kind"] = response.headers["Content-Type"]
            if disposition := response.headers.get("Content-Disposition"):
                exchange["disposition"] = disposition
        self.exchanges.append(exchange)


class Hider:
    """Puts placeholders for what differs from run to run."""

    def __init__(self, exchanges, began, ended, directory):
        self.asked = json.dumps([[e["ask"], e.get("json"), e.get("text")] for e in exchanges])
        self.asked_numbers = {int(n) for n in re.findall(r"\d{12,}", self.asked)}
        self.window = range(began, ended + 1)
        self.found = {directory: "<directory>"}
        self.counts = {}

    def learn(self, value, so_far):
        """Finds what the server says here for the first time; `so_far` is all that the client has said until then."""
        if isinstance(value, list):
            for item in value:
                self.learn(item, so_far)
        elif isinstance(value, dict):
            for key, item in value.items():
                kind = KINDS.get(key)
                if kind and isinstance(item, str) and self.is_made_up(kind, item, so_far):
                    self.counts[kind] = self.counts.get(kind, 0) + 1
                    self.found[item] = f"<{kind} {self.counts[kind]}>"
                self.learn(item, so_far)

    def is_made_up(self, kind, item, so_far):
        if not item or item in self.found or item in so_far or item == "0":
            return False
        return kind != "name" or GIVEN_NAME.fullmatch(item)

    def hidden(self, value):
        if isinstance(value, list):
            return [self.hidden(item) for item in value]
        if isinstance(value, dict):
            return {self.hidden(key): self.hidden(item) for key, item in value.items()}
        if isinstance(value, str):
            return self.hidden_text(value)
        is_time = isinstance(value, int) and value in self.window and value not in self.asked_numbers
        return "<time>" if is_time else value

    def hidden_text(self, text):
        for item in sorted(self.found, key=len, reverse=True):
            text = text.replace(item, self.found[item])
            text = text.replace(urllib.parse.quote(item, safe=""), self.found[item])
        # A character again and again is said once.
        return LONG.sub(lambda found: f"<{len(found[0])} {found[1]}>", text)


def hide(exchanges, began, ended, directory):
    hider, so_far, written = Hider(exchanges, began, ended, directory), "", []
    for exchange in exchanges:
        asked = {key: exchange[key] for key in ("ask", "json", "type", "text") if key in exchange}
        so_far += json.dumps(asked)
        hider.learn(exchange.get("answer"), so_far)
        written.append({key: hider.hidden(item) if key != "status" else item for key, item in exchange.items()})
    return written


def in_a_fork(function):
    """Runs a function in a fork of this process, to its end."""
    child = begin_in_a_fork(function)
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit("a process failed; what it said is above")


def begin_in_a_fork(function):
    child = os.fork()
    if child != 0:
        return child
    try:
        function()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def template_store(directory):
    """An empty, migrated store; made in a process of its own, so that no connection is open across a fork."""
    path = os.path.join(directory, "empty.db")

    def make():
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        SqlAlchemyStore(f"sqlite:///{path}", "mlflow-artifacts:/").engine.dispose()

    in_a_fork(make)
    return path


def serve(template, directory, listener):
    """MLflow's server, until it is killed."""
    import uvicorn
    from mlflow.server import constants
    from mlflow.server.fastapi_app import app

    # Where a relative path of a client's would begin.
    os.mkdir(os.path.join(directory, "server"))
    os.chdir(os.path.join(directory, "server"))
    store = os.path.join(directory, "mlflow.db")
    shutil.copy(template, store)
    os.environ[constants.BACKEND_STORE_URI_ENV_VAR] = f"sqlite:///{store}"
    os.environ[constants.ARTIFACT_ROOT_ENV_VAR] = "mlflow-artifacts:/"
    os.environ[constants.SERVE_ARTIFACTS_ENV_VAR] = "true"
    os.environ[constants.ARTIFACTS_DESTINATION_ENV_VAR] = os.path.join(directory, "artifacts")
    uvicorn.run(app, fd=listener.fileno(), log_level="error")


def wait_for(url):
    for _ in range(600):
        try:
            if requests.get(url + "/health", timeout=5).text == "OK":
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise SystemExit("MLflow's server did not start")


def speak(name, session, url, directory, began):
    os.chdir(directory)
    sys.argv[0] = "train.py"
    with Recorder(url) as recorder:
        session(url)
    exchanges = hide(recorder.exchanges, began, int(time.time() * 1000), directory)
    with open(os.path.join(HERE, "sessions", name + ".jsonl"), "w") as file:
        for exchange in exchanges:
            file.write(json.dumps(exchange, separators=(",", ":"), ensure_ascii=False) + "\n")
    print(f"{name}: {len(exchanges)} exchanges", flush=True)


def record(name, session, template, began):
    with tempfile.TemporaryDirectory() as directory:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        child = begin_in_a_fork(lambda: serve(template, directory, listener))
        try:
            wait_for(url)
            # In a process of its own: the client remembers experiments, runs and servers.
            in_a_fork(lambda: speak(name, session, url, directory, began))
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def main():
    import script

    wanted = sys.argv[1:] or list(script.SESSIONS)
    import mlflow.server.fastapi_app  # noqa: F401  imported once, before the forks
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401

    with tempfile.TemporaryDirectory() as directory:
        began = int(time.time() * 1000)
        template = template_store(directory)
        for name in wanted:
            record(name, script.SESSIONS[name], template, began)


if __name__ == "__main__":
    main()
