"""One dispatcher as its own process, so that a test may end it with kill -9.

`--blind` puts back what is unsettled without asking anybody: the rule that this project keeps,
removed, to prove that the test which kills workers would notice.
"""

import sys
from datetime import datetime
from pathlib import Path

from receivables import db
from receivables.campaigns.dispatching import Dispatcher, dispatch
from receivables.campaigns.playbook import Gateway
from receivables.settings import State


class BlindDispatcher(Dispatcher):
    def settle(self) -> None:
        with db.connect(self.state, "sender") as connection:
            connection.execute(
                "update campaign.outbox set state = 'ready', contact_date = null"
                " where run_id = %s and state in ('sending', 'unknown')",
                [self.claimer.run.run_id],
            )


def main() -> None:
    folder, run_id, url, terms = sys.argv[1:5]
    dispatch(
        run_id,
        state=State(Path(folder)),
        gateway_url=url,
        now=datetime.fromisoformat("2026-06-19T12:00:00+09:00"),
        terms=Gateway.model_validate_json(terms),
        kind=BlindDispatcher if "--blind" in sys.argv else Dispatcher,
    )


if __name__ == "__main__":
    main()
