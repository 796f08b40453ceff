"""The production shape, as far as it can be proven without a container engine."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

ROOT = Path(__file__).resolve().parents[2]
FILE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
ONE_SHOT = {name for name, service in SERVICES.items() if service.get("restart") == "no"}
EACH = pytest.mark.parametrize("name", sorted(SERVICES))
SECRET_WORD = re.compile(r"(?i)password|secret|token|fernet|conn|url|backend")


def test_it_follows_the_compose_specification() -> None:
    schema = json.loads((Path(__file__).parent / "data" / "compose_spec.json").read_text(encoding="utf-8"))
    errors = [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in Draft201909Validator(schema).iter_errors(FILE)
    ]
    assert not errors


def test_every_part_of_the_production_shape_is_there() -> None:
    airflow = {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
    assert airflow | {"redis", "metadata", "warehouse", "sftp", "sms-gateway"} <= set(SERVICES)
    assert SERVICES["scheduler"]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert SERVICES["metadata"]["volumes"] != SERVICES["warehouse"]["volumes"]


@EACH
def test_no_service_runs_as_root(name: str) -> None:
    user, _, group = SERVICES[name]["user"].partition(":")
    assert int(user) > 0
    assert int(group) > 0


@EACH
def test_no_service_keeps_a_right_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["read_only"] is True
    assert not service.get("privileged")
    assert not [mount for mount in service.get("volumes", []) if "docker.sock" in mount or mount.startswith(("/", "."))]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOT))
def test_every_lasting_service_says_how_it_is(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= set(check)


def test_who_waits_for_health_waits_for_somebody_who_tells_it() -> None:
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in SERVICES, f"{name} waits for {needed}, which is not there"
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed]
            if how["condition"] == "service_completed_successfully":
                assert needed in ONE_SHOT


@EACH
def test_secrets_come_by_file_only(name: str) -> None:
    for key, value in SERVICES[name].get("environment", {}).items():
        if SECRET_WORD.search(key) and "EXECUTION_API_SERVER_URL" not in key:
            assert key.endswith(("_CMD", "_FILE")), f"{name}: {key} must name a file"
            assert "/run/secrets/" in value
        assert "password=" not in str(value), f"{name}: {key}"
        assert not re.search(r"://[^/\s]*:[^/\s]*@", str(value)), f"{name}: {key} holds a login"


@EACH
def test_whatever_a_service_uses_is_defined(name: str) -> None:
    service, text = SERVICES[name], json.dumps(SERVICES[name])
    given = set(service.get("secrets", []))
    assert given <= set(FILE["secrets"])
    assert set(re.findall(r"/run/secrets/(\w+)", text)) <= given, "a secret file is read but not given"
    assert set(service.get("networks", [])) <= set(FILE["networks"])
    assert {mount.split(":")[0] for mount in service.get("volumes", [])} <= set(FILE["volumes"])


def test_nothing_is_defined_in_vain() -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert used == set(FILE["secrets"])
    assert {net for service in SERVICES.values() for net in service.get("networks", [])} == set(FILE["networks"])
    mounts = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert mounts == set(FILE["volumes"])


def test_secret_files_are_never_committed() -> None:
    assert {secret["file"].rpartition("/")[0] for secret in FILE["secrets"].values()} == {"./secrets"}
    assert (ROOT / "secrets" / ".gitignore").read_text(encoding="utf-8").split()[-2:] == ["*", "!.gitignore"]


def reachable_from(name: str) -> set[str]:
    """The services that share a network, or a network namespace, with `name`."""
    mine = set(SERVICES[name].get("networks", []))
    return {other for other, service in SERVICES.items() if mine & set(service.get("networks", []))} - {name}


def test_only_the_worker_reaches_the_carrier() -> None:
    gateway = SERVICES["sms-gateway"]
    assert gateway["network_mode"] == "service:worker"  # its loopback is the worker's, and no other network is its own
    assert "networks" not in gateway
    assert "ports" not in gateway
    assert [name for name, service in SERVICES.items() if "sms_gateway_token" in service.get("secrets", [])] == [
        "setup",
        "sms-gateway",
    ]


def test_the_residents_data_is_reached_by_three_services() -> None:
    assert reachable_from("warehouse") == {"setup", "api-server", "worker"}
    assert FILE["networks"]["data"] == {"internal": True}
    assert reachable_from("sftp") == set()
    assert "warehouse" not in reachable_from("redis") | reachable_from("metadata") - {"setup", "api-server", "worker"}


def test_nothing_listens_beyond_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"api-server", "sftp"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def stages() -> dict[str, list[str]]:
    """The instructions of each build stage, continuation lines joined."""
    found: dict[str, list[str]] = {}
    lines = re.sub(r"\\\n\s*", " ", DOCKERFILE).splitlines()
    for line in (line.strip() for line in lines if line.strip() and not line.startswith("#")):
        if line.startswith("FROM "):
            found[line.split(" AS ")[1]] = current = []
        elif found:
            current.append(line)
    return found


def test_what_is_built_is_a_stage() -> None:
    assert {service["build"]["target"] for service in SERVICES.values() if "build" in service} == {"airflow", "sftp"}
    assert {"airflow", "sftp"} <= set(stages())


@pytest.mark.parametrize("stage", ["airflow", "sftp"])
def test_the_images_end_as_an_ordinary_user(stage: str) -> None:
    users = [line for line in stages()[stage] if line.startswith("USER ")]
    assert users
    assert re.fullmatch(r"USER [1-9]\d+:[1-9]\d+", users[-1])


def test_everything_installed_is_checked_against_the_lock() -> None:
    installs = [line for line in stages()["build"] if "pip install" in line]
    assert [line for line in installs if "requirements.txt" in line and "--require-hashes" in line]
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert (ROOT / "requirements.txt").read_text(encoding="utf-8").count("--hash=sha256:") > 200


def test_the_image_takes_only_what_the_program_is() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    assert "*" in ignored
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        source
        for lines in stages().values()
        for line in lines
        if line.startswith("COPY ") and "--from=" not in line
        for source in line.split()[1:-1]
    }
    assert copied <= allowed
    assert not {"secrets", "tests", ".state", "."} & allowed


def test_the_readers_are_told_that_it_was_not_run() -> None:
    assert "not run" in (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
