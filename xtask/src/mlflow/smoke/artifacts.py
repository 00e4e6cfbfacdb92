"""Files up and down through the server."""

import hashlib
import os
import tempfile

import mlflow
import requests
from common import client, experiment, refused

NAMES = ["a.txt", "sub dir/b c.txt", "naïve ✓.txt", "100% + a&b=c;d.md", "MLmodel", "deep/er/and/deeper/x.bin", "empty", ".hidden", "quote'\".csv"]


def files_come_back_whatever_their_names():
    experiment("artifacts")
    with tempfile.TemporaryDirectory() as place:
        files = {name: name.encode() * 3 if name != "empty" else b"" for name in NAMES}
        for name, content in files.items():
            path = os.path.join(place, "tree", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        with mlflow.start_run() as run:
            mlflow.log_artifacts(os.path.join(place, "tree"), "tree")
            mlflow.log_artifact(os.path.join(place, "tree/a.txt"))
            mlflow.log_text("héllo", "notes/hello.txt")
            mlflow.log_dict({"a": [1, 2]}, "conf.json")
            mlflow.log_table({"x": [1, 2], "y": ["a", "b"]}, "table.json")
        rid = run.info.run_id
        top = {one.path: one.is_dir for one in client.list_artifacts(rid)}
        assert top == {"a.txt": False, "conf.json": False, "notes": True, "table.json": False, "tree": True}, top
        sizes = {one.path: one.file_size for one in client.list_artifacts(rid, "tree")}
        assert sizes["tree/a.txt"] == 15 and sizes["tree/empty"] == 0 and sizes["tree/deep"] is None, sizes
        down = mlflow.artifacts.download_artifacts(run_id=rid, artifact_path="tree", dst_path=os.path.join(place, "down"))
        for name, content in files.items():
            with open(os.path.join(down, name), "rb") as file:
                assert file.read() == content, name
        assert mlflow.artifacts.load_text(f"runs:/{rid}/notes/hello.txt") == "héllo"
        assert mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/conf.json") == {"a": [1, 2]}
        assert len(mlflow.load_table("table.json", run_ids=[rid])) == 2


def a_large_file_goes_in_parts_and_comes_back_the_same():
    experiment("parts")
    asked = []
    plain_send = requests.Session.send

    def send(session, request, **options):
        asked.append(request.path_url)
        return plain_send(session, request, **options)

    requests.Session.send = send
    try:
        with tempfile.TemporaryDirectory() as place:
            path = os.path.join(place, "big one.bin")
            content = os.urandom(17 << 20)
            with open(path, "wb") as file:
                file.write(content)
            with mlflow.start_run() as run:
                mlflow.log_artifact(path, "sub dir")
            (kept,) = client.list_artifacts(run.info.run_id, "sub dir")
            assert kept.file_size == len(content)
            down = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="sub dir/big one.bin", dst_path=place + "/down")
            with open(down, "rb") as file:
                assert hashlib.sha256(file.read()).digest() == hashlib.sha256(content).digest()
    finally:
        requests.Session.send = plain_send
    assert any("/mpu/create/" in path for path in asked) and any("/mpu/complete/" in path for path in asked), "no part was sent"


def what_lies_outside_stays_outside():
    rid = client.create_run(experiment("outside")).info.run_id
    server = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow"
    for path in ["../x", "/etc/passwd", "a/../../x", "%2e%2e/x", "%252e%252e/x"]:
        answer = requests.get(server + "/artifacts/list", params={"run_id": rid, "path": path})
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), f"{path}: {answer.text}"
    root = server + "-artifacts/artifacts/"
    for path in ["%2e%2e%2fx", "a/%2e%2e/%2e%2e/x", "%252e%252e/x", "%2fetc/passwd"]:
        for method in ["GET", "PUT", "DELETE"]:
            answer = requests.request(method, root + path, data=b"x" if method == "PUT" else None)
            assert answer.status_code == 400, f"{method} {path}: {answer.status_code} {answer.text}"
    with refused("INVALID_PARAMETER_VALUE"):
        client.create_experiment("a local place", artifact_location="file:///etc")


CHECKS = [files_come_back_whatever_their_names, a_large_file_goes_in_parts_and_comes_back_the_same, what_lies_outside_stays_outside]
