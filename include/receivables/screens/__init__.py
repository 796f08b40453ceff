"""What Airflow's plugin serves (画面): queries as the role `screen`, page models, HTML. No Airflow in here."""

from receivables.screens.night import night_page
from receivables.screens.rendering import night_html, night_json

__all__ = ["night_html", "night_json", "night_page"]
