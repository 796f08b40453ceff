"""The plugin inside Airflow: light to import, closed without Airflow's login."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import json, sys
import saiken_screens as plugin
from fastapi.testclient import TestClient
light = not [name for name in sys.modules if name.startswith(("receivables", "airflow.api_fastapi", "psycopg"))]
one = plugin.SaikenScreensPlugin
client = TestClient(one.fastapi_apps[0]["app"])
answers = {path: client.get(path).status_code for path in ("/", "/night.json", "/reports/data_docs/index.html")}
forged = client.get("/", headers={"Authorization": "Basic YTpi"}).status_code
print(json.dumps({"light": light, "answers": answers, "forged": forged, "said": client.get("/").text[:4000],
                  "prefix": one.fastapi_apps[0]["url_prefix"], "view": one.external_views[0]}))
"""


@pytest.mark.airflow
def test_nobody_without_a_login_sees_anything(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(tmp_path / "none"),
        "RECEIVABLES_STATE": str(tmp_path / "st"),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK], env=environment, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["light"], "every Airflow process imports plugins: the screens must wait for the first request"
    assert set(found["answers"].values()) == {401}
    assert found["forged"] == 401
    assert "data-airflow" not in found["said"]
    assert found["prefix"] + "/" == found["view"]["href"]
    assert (found["view"]["name"], found["view"]["destination"]) == ("債権管理", "nav")
    assert not (tmp_path / "st" / "secrets").exists(), "no database was touched for somebody without a login"
