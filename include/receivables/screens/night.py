"""The page 「昨夜の状況」: everything read in one snapshot, so that all its figures are of one batch."""

from datetime import date

from psycopg import IsolationLevel

from receivables import db
from receivables.screens import arrivals, figures, standing
from receivables.screens.lookup import found
from receivables.screens.model import Night
from receivables.settings import State

_PUBLISHED = "select published_batch, as_of, published_at from ops.published_batch where is_current"
DATA_DOCS = "data_docs/index.html"


def night_page(*, state: State, business_date: date | None = None) -> Night:
    """Last night as the role `screen` sees it: figures, no names. Default day: the last with a delivery.

    Raises EnvironmentFailureError when no database answers; what is not built yet is empty instead.
    """
    with db.connect(state, "screen", doing="read the screen") as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.transaction():  # one snapshot; what is absent is a savepoint's failure
            day = business_date or arrivals.newest_day(connection)
            published = found(connection, _PUBLISHED)
            current = published[0] if published else {}
            return Night(
                business_date=day,
                published_batch=current.get("published_batch"),
                published_as_of=current.get("as_of"),
                published_at=current.get("published_at"),
                sources=arrivals.sources(connection, day),
                collection=figures.collection(connection),
                ageing=figures.ageing(connection),
                identity=standing.identity(connection),
                campaign=standing.campaign(connection),
                migration=standing.migration(connection, state),
                data_docs_link=standing.report_link(state, DATA_DOCS),
            )
