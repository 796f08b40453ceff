"""「債権管理」in Airflow's menu: mounts the screens of receivables.screens behind Airflow's own login."""

from typing import Any

from airflow.plugins_manager import AirflowPlugin
from fastapi import FastAPI


class LazyScreens(FastAPI):
    """The screens, made at the first request: every Airflow process imports plugins, only the API server serves."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve from the real application."""
        if not hasattr(self.state, "screens"):
            self.state.screens = _screens()
        await self.state.screens(scope, receive, send)


def _screens() -> FastAPI:
    """The application of the state directory, open to whoever may see Airflow's own pages."""
    from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
    from airflow.api_fastapi.core_api.security import requires_access_view
    from fastapi import Depends

    from receivables.screens.serving import application
    from receivables.settings import State

    return application(State.at(), guards=[Depends(requires_access_view(AccessView.WEBSITE))])


class SaikenScreensPlugin(AirflowPlugin):
    """One page and its reports under /saiken, shown inside Airflow's frame."""

    name = "saiken_screens"
    fastapi_apps = [{"app": LazyScreens(), "url_prefix": "/saiken", "name": "Saiken"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "債権管理",
            "href": "/saiken/",
            "destination": "nav",
            "url_route": "saiken",
            "nav_top_level": True,
        }
    ]
