"""Searches: filters, orders and pages."""

import mlflow
from common import MARK, client, experiment, refused
from mlflow.entities import Metric, Param, RunTag, ViewType

THEN = 1_700_000_000_000
COUNT = 24


def runs_to_find(name):
    eid = experiment(name)
    ids = []
    for n in range(COUNT):
        rid = client.create_run(eid, run_name=f"run-{n:02}", start_time=THEN + n).info.run_id
        client.log_batch(
            rid,
            metrics=[Metric(f"m{k}", float(n * k % 7), THEN, 0) for k in range(1, 4)],
            params=[Param("p", str(n % 3)), Param("only even" if n % 2 == 0 else "odd", "y")],
            tags=[RunTag("bucket", "aB"[n % 2]), RunTag("dotted.key", str(n))],
        )
        client.set_terminated(rid, "FAILED" if n % 5 == 0 else "FINISHED", end_time=THEN + 100 + n)
        ids.append(rid)
    return eid, ids


def filters_and_orders_mean_what_they_say():
    eid, ids = runs_to_find("search")
    every = range(COUNT)

    def found(text="", order=("run_name ASC",), view=ViewType.ACTIVE_ONLY):
        return [int(run.info.run_name[4:]) for run in client.search_runs([eid], text, view, order_by=list(order))]

    expected = {
        "params.p = '1'": [n for n in every if n % 3 == 1],
        "metrics.m3 >= 5 and params.p != '0'": [n for n in every if n * 3 % 7 >= 5 and n % 3],
        "tags.bucket = 'a' AND attributes.status = 'FAILED'": [n for n in every if n % 2 == 0 and n % 5 == 0],
        "tags.`dotted.key` = '7'": [7],
        'tags."dotted.key" = "8"': [8],
        "run_name LIKE 'run-1%'": list(range(10, 20)),
        "run_name ILIKE 'RUN-2_'": list(range(20, COUNT)),
        "tags.bucket LIKE 'b'": [],
        "tags.bucket ILIKE 'b'": [n for n in every if n % 2],
        f"run_id IN ('{ids[3]}', '{ids[4]}')": [3, 4],
        f"run_id NOT IN ('{ids[3]}')": [n for n in every if n != 3],
        f"start_time > {THEN + 20}": [21, 22, 23],
        f"end_time <= {THEN + 101}": [0, 1],
        "params.`only even` = 'y'": [n for n in every if n % 2 == 0],
        "params.odd IS NULL": [n for n in every if n % 2 == 0],
    }
    for text, numbers in expected.items():
        assert found(text) == numbers, f"{text}: {found(text)}"
    assert found(order=[]) == list(reversed(every)), "the newest come first unless told otherwise"
    assert found(order=["metrics.m3 DESC", "start_time DESC"]) == sorted(every, key=lambda n: (-(n * 3 % 7), -n))
    assert found(order=["params.odd", "start_time"])[-12:] == [n for n in every if n % 2 == 0], "what is missing comes last"
    client.delete_run(ids[0])
    assert found(view=ViewType.DELETED_ONLY) == [0] and len(found()) == COUNT - 1
    for text in ["metrics.m3 = 'x'", "params.p = 1", "foo.bar = 'x'", "params.p = '1' OR params.p = '2'", "params.p", "params.p > '1'", "(params.p = '1')", "params.p = '1"]:
        with refused("INVALID_PARAMETER_VALUE"):
            found(text)


def pages_follow_one_another():
    eid, _ = runs_to_find("pages")
    names, token = [], None
    while True:
        page = client.search_runs([eid], run_view_type=ViewType.ALL, max_results=7, order_by=["run_name"], page_token=token)
        names += [run.info.run_name for run in page]
        token = page.token
        if not token:
            break
    assert names == [f"run-{n:02}" for n in range(COUNT)]
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_runs([eid], page_token="no token")
    frame = mlflow.search_runs([eid], "params.p = '1'", order_by=["start_time"])
    assert list(frame["params.p"]) == ["1"] * 8 and frame["metrics.m1"].notna().all()


def experiments_are_found_by_name_and_tag():
    for letter in "ab":
        client.create_experiment(f"found-{letter}-{MARK}", tags={"letter": letter, "mark": MARK})
    mine = f"tags.mark = '{MARK}'"
    found = client.search_experiments(filter_string=mine, order_by=["name DESC"])
    assert [one.tags["letter"] for one in found] == ["b", "a"]
    found = client.search_experiments(filter_string=f"name ILIKE 'FOUND-A-{MARK}'")
    assert [one.tags["letter"] for one in found] == ["a"]
    page = client.search_experiments(filter_string=mine, order_by=["name"], max_results=1)
    rest = client.search_experiments(filter_string=mine, order_by=["name"], max_results=1, page_token=page.token)
    assert [one.tags["letter"] for one in [*page, *rest]] == ["a", "b"] and not rest.token


CHECKS = [filters_and_orders_mean_what_they_say, pages_follow_one_another, experiments_are_found_by_name_and_tag]
