"""Registered models: versions, stages, aliases, tags and searches."""

from common import MARK, client, experiment, refused


def versions_move_through_stages_and_aliases():
    name = f"registry-{MARK}"
    client.create_registered_model(name, tags={"a": "1"}, description="what grows")
    with refused("RESOURCE_ALREADY_EXISTS", name):
        client.create_registered_model(name)
    run = client.create_run(experiment("registry"))
    for number in range(3):
        version = client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id, tags={"i": str(number)})
        assert (str(version.version), version.run_id, version.status) == (str(number + 1), run.info.run_id, "READY")
    for source in ["/etc", "file:///etc", f"{run.info.artifact_uri}/../../x"]:
        with refused("INVALID_PARAMETER_VALUE"):
            client.create_model_version(name, source, run.info.run_id)
    assert client.get_model_version_download_uri(name, "1") == f"{run.info.artifact_uri}/model"
    client.transition_model_version_stage(name, "1", "Production")
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    stages = {str(version.version): version.current_stage for version in client.get_latest_versions(name)}
    assert stages == {"1": "Archived", "2": "Production", "3": "None"}, stages
    for version in "12":
        client.set_registered_model_alias(name, "champion", version)
    assert client.get_registered_model(name).aliases == {"champion": "2"}
    assert str(client.get_model_version_by_alias(name, "champion").version) == "2"
    client.delete_model_version(name, "2")
    with refused("INVALID_PARAMETER_VALUE", "champion"):
        client.get_model_version_by_alias(name, "champion")
    assert str(client.create_model_version(name, f"{run.info.artifact_uri}/model", run.info.run_id).version) == "4"


def tags_and_words_are_kept_and_found():
    name, mine = f"words-{MARK}", f"name LIKE 'words-{MARK}%'"
    client.create_registered_model(name)
    for _ in range(3):
        client.create_model_version(name, "mlflow-artifacts:/0/m")
    client.set_registered_model_tag(name, "team", "a b")
    client.set_model_version_tag(name, "2", "good", "yes")
    client.set_model_version_tag(name, "3", "good", "yes")
    client.delete_model_version_tag(name, "3", "good")
    client.update_model_version(name, "2", "better")
    assert [model.tags for model in client.search_registered_models(mine)] == [{"team": "a b"}]
    found = client.search_model_versions(f"name = '{name}' AND tags.good = 'yes'")
    assert [(str(version.version), version.description) for version in found] == [("2", "better")]
    page = client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"], max_results=2)
    rest = client.search_model_versions(f"name = '{name}'", order_by=["version_number ASC"], max_results=2, page_token=page.token)
    assert [str(version.version) for version in [*page, *rest]] == ["1", "2", "3"] and not rest.token
    client.rename_registered_model(name, name + "-new")
    with refused("RESOURCE_DOES_NOT_EXIST", name):
        client.get_registered_model(name)
    client.update_registered_model(name + "-new", "renamed")
    assert client.get_registered_model(name + "-new").description == "renamed"
    client.delete_registered_model(name + "-new")
    assert client.search_registered_models(mine) == [] and client.search_model_versions(f"name = '{name}-new'") == []


CHECKS = [versions_move_through_stages_and_aliases, tags_and_words_are_kept_and_found]
