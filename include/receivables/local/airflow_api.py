"""Airflow's public API, as a user with a password: trigger, watch, answer."""

from typing import Any

import httpx

from receivables.errors import EnvironmentFailureError
from receivables.local import airflow_home
from receivables.settings import State

FINISHED = ("success", "failed")


class AirflowApi:
    """One logged-in user at Airflow's API on loopback."""

    def __init__(self, state: State, user: str = "planner") -> None:
        self.address = f"http://127.0.0.1:{airflow_home.port_of(state)}"
        self._state, self._user = state, user
        self._client = httpx.Client(base_url=self.address, timeout=30, trust_env=False)

    def is_healthy(self) -> bool:
        """True when API, scheduler and dag processor all report healthy."""
        try:
            health = self._client.get("/api/v2/monitor/health").json()
        except (httpx.HTTPError, ValueError):
            return False
        parts = ("metadatabase", "scheduler", "dag_processor")
        return all(health.get(part, {}).get("status") == "healthy" for part in parts)

    def login(self) -> None:
        """Take a token; it is sent with every further call."""
        secret = airflow_home.password(self._state, self._user)
        answer = self._client.post("/auth/token", json={"username": self._user, "password": secret})
        if answer.status_code >= 400:
            raise EnvironmentFailureError(f"Airflow refuses user {self._user}: HTTP {answer.status_code}")
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def dag_ids(self) -> set[str]:
        """Every DAG that Airflow has read."""
        return {dag["dag_id"] for dag in self._call("GET", "/dags", params={"limit": 200})["dags"]}

    def import_errors(self) -> list[str]:
        """Files in dags/ that Airflow could not read."""
        return [error["filename"] for error in self._call("GET", "/importErrors")["import_errors"]]

    def unpause(self, dag_id: str) -> None:
        """Let the DAG run."""
        self._call("PATCH", f"/dags/{dag_id}", json={"is_paused": False})

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        """Start a run with parameters `conf`; its run id."""
        run = self._call("POST", f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": conf})
        return str(run["dag_run_id"])

    def runs(self, dag_id: str, *, limit: int = 5) -> list[dict[str, Any]]:
        """The latest runs, newest first."""
        found = self._call("GET", f"/dags/{dag_id}/dagRuns", params={"limit": limit, "order_by": "-run_after"})
        return list(found["dag_runs"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Task instances of one run with state, start_date and duration."""
        return list(self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"])

    def answer(self, dag_id: str, run_id: str, task_id: str, option: str) -> int:
        """Answer a task that waits for a person; the HTTP status (403: not this user's to answer)."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        return self._client.patch(path, json={"chosen_options": [option], "params_input": {}}).status_code

    def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = self._client.request(method, f"/api/v2{path}", **more)
        if answer.status_code >= 400:
            raise EnvironmentFailureError(f"Airflow answers HTTP {answer.status_code} to {method} {path}")
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found
