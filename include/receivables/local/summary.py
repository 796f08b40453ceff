"""What one night did, in figures only (夜間処理の結果)."""

from datetime import date
from typing import Any

from receivables import db, ingest
from receivables.local import airflow_home
from receivables.settings import State

DEMO_USER = "planner"
SHOWN = (DEMO_USER, "chief_tax", "chief_insurance", "viewer")


def summary(state: State, *, as_of: date, address: str) -> dict[str, Any]:
    """Sources, delinquencies, campaigns, migration runs and screens after the night of `as_of`."""
    with db.connect(state, doing="read the summary") as connection:
        delinquencies = _rows(
            connection,
            "select claim_type, count(*) as claims, sum(outstanding_yen)::bigint as outstanding_yen"
            " from mart.fct_delinquencies group by 1 order by 1",
        )
        campaigns = _rows(
            connection,
            "select run_id, campaign_name, state, (select jsonb_object_agg(arm, contacts) from (select arm, count(*) as"
            " contacts from campaign.contact c where c.run_id = r.run_id group by arm) counted) as counts"
            " from campaign.run r order by built_at desc limit 3",
        )
        migrations = _rows(connection, "select run_id, verdict from migration.run order by created_at desc limit 3")
    return {
        **ingest.account(as_of=as_of, state=state),
        "delinquencies": delinquencies,
        "campaigns": campaigns,
        "migrations": migrations,
        "screens": screens(state, address),
    }


def screens(state: State, address: str) -> dict[str, str]:
    """Addresses of the screens, with the demo users whom the first night asks, and where the others' passwords are."""
    users = {f"user {user}": airflow_home.password(state, user) for user in SHOWN}
    others = {f"ほか {len(airflow_home.users()) - len(SHOWN)} 人": str(state.path("airflow", "users.json"))}
    return {"Airflow": address, "債権管理の画面": f"{address}/plugin/saiken", **users, **others}


def _rows(connection: db.Connection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query.encode())
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
