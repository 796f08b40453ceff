"""Airflow's home in the state directory: configuration, users, metadata database, processes."""

import base64
import configparser
import hashlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from psycopg import sql

from receivables import db, roster
from receivables.errors import EnvironmentFailureError
from receivables.local import processes
from receivables.settings import PROJECT, State

METADATA = "airflow"
SERVICES = ("api-server", "scheduler", "dag-processor")  # 3.3 waits for people without a triggerer
PROGRAM = Path(sys.executable).with_name("airflow")


def users() -> dict[str, str]:
    """Every login with its role. Who may be asked must be able to answer: everybody on the roster has one."""
    return {"planner": "admin", **dict.fromkeys(roster.users(), "op"), "viewer": "viewer"}


def prepare(state: State, *, port: int) -> None:
    """Write the configuration (0600) and bring the metadata database up to date."""
    _require_free(state, port)
    _create_metadata_database(state)
    _write_users(state)
    settings = _settings(state, port)
    file = state.path("airflow", "airflow.cfg")
    previous = file.read_text() if file.exists() else ""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict(settings)
    file.touch(mode=0o600)
    with file.open("w") as handle:
        parser.write(handle)
    _write_local_settings(state)
    marker = state.path("airflow", "migrated")
    if not marker.exists() or file.read_text() != previous:
        _migrate(state)
        marker.touch()


def environment(state: State) -> dict[str, str]:
    """The variables every Airflow process gets; secrets stay in 0600 files."""
    return {
        "AIRFLOW_HOME": str(state.path("airflow", "x").parent),
        "RECEIVABLES_STATE": str(state.root),
        "PATH": f"{PROGRAM.parent}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        "PYTHONUNBUFFERED": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


def start(state: State) -> None:
    """Start Airflow's services; those that run already are left alone."""
    extra = {"scheduler": ["--skip-serve-logs"]}
    for service in SERVICES:
        processes.start(state, service, [str(PROGRAM), service, *extra.get(service, [])], environment(state))


def port_of(state: State) -> int | None:
    """The port that Airflow of this state directory listens on, None before the first start."""
    file = state.root / "airflow" / "airflow.cfg"
    parser = configparser.ConfigParser(interpolation=None)
    return parser.getint("api", "port") if parser.read(file) else None


def password(state: State, user: str) -> str:
    """The demo password of `user`."""
    return state.secret(f"airflow_user_{user}")[:16]


def _settings(state: State, port: int) -> dict[str, dict[str, str]]:
    connection = db.url(state, "airflow_meta", METADATA)
    fernet = base64.urlsafe_b64encode(hashlib.sha256(state.secret("fernet").encode()).digest()).decode()
    return {
        "core": {
            "dags_folder": str(PROJECT / "dags"),
            "plugins_folder": str(PROJECT / "plugins"),
            "load_examples": "False",
            "executor": "LocalExecutor",
            "parallelism": "3",
            "default_timezone": "Asia/Tokyo",
            "fernet_key": fernet,
            "execution_api_server_url": f"http://127.0.0.1:{port}/execution/",
            "simple_auth_manager_users": ",".join(f"{user}:{role}" for user, role in users().items()),
            "simple_auth_manager_passwords_file": str(state.path("airflow", "users.json")),
        },
        "database": {"sql_alchemy_conn": connection, "sql_alchemy_conn_async": connection},
        "api": {
            "host": "127.0.0.1",
            "port": str(port),
            "base_url": f"http://127.0.0.1:{port}",
            "secret_key": state.secret("api_secret"),
            "workers": "1",
        },
        "api_auth": {"jwt_secret": state.secret("jwt") + state.secret("jwt_2")},
        "logging": {"base_log_folder": str(state.path("logs", "airflow", "x").parent), "logging_level": "INFO"},
        "dag_processor": {"refresh_interval": "30", "min_file_process_interval": "60"},
        "scheduler": {
            "scheduler_heartbeat_sec": "2",
            "scheduler_idle_sleep_time": "0.5",
            "enable_tracemalloc": "False",
        },
        "usage_data_collection": {"enabled": "False"},
    }


def _write_users(state: State) -> None:
    file = state.path("airflow", "users.json")
    file.touch(mode=0o600)
    file.write_text(json.dumps({user: password(state, user) for user in users()}))


def _write_local_settings(state: State) -> None:
    """Every task is a fork of the scheduler: what is imported before the fork costs no task anything."""
    state.path("airflow", "config", "airflow_local_settings.py").write_text(
        '"""Heavy imports before the workers fork; see docs/decisions."""\n'
        "import logging\nimport sys\n\n"
        'logging.getLogger("great_expectations").setLevel(logging.WARNING)\n'
        'logging.getLogger("great_expectations._docs_decorators").setLevel(logging.ERROR)\n'
        'if sys.argv[1:2] in (["scheduler"], ["celery"]):\n'
        "    import dbt.adapters.postgres  # noqa: F401\n"
        "    import dbt.cli.main  # noqa: F401\n"
        "    import great_expectations  # noqa: F401\n"
    )


def _create_metadata_database(state: State) -> None:
    with db.connect(state, database="postgres", autocommit=True, doing="prepare Airflow's database") as connection:
        if not connection.execute("select 1 from pg_roles where rolname = 'airflow_meta'").fetchone():
            secret = sql.Literal(state.secret("pg_airflow_meta"))
            connection.execute(sql.SQL("create role airflow_meta login password {}").format(secret))
        if not connection.execute("select 1 from pg_database where datname = %s", [METADATA]).fetchone():
            connection.execute(sql.SQL("create database {} owner airflow_meta").format(sql.Identifier(METADATA)))


def _migrate(state: State) -> None:
    log = state.path("logs", "airflow-migrate.log")
    with log.open("wb") as output:
        done = subprocess.run(
            [str(PROGRAM), "db", "migrate"],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment(state)},
            check=False,
        )
    if done.returncode != 0:
        raise EnvironmentFailureError(f"Airflow's metadata database could not be prepared; read {log}")


def _require_free(state: State, port: int) -> None:
    if processes.running_pid(state, "api-server"):
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise EnvironmentFailureError(
                f"port {port} is taken by another program; choose one: make run PORT=18080"
            ) from None
