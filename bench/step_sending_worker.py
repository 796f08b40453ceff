"""One worker of `bench.step_sending`, in a process of its own so that it can be killed with -9."""

import sys
from pathlib import Path

from receivables import campaigns
from receivables.campaigns.playbook import Gateway
from receivables.errors import ReceivablesError
from receivables.settings import State


def main() -> int:
    """Send until nothing is open; an error of ours ends it as it ends a task."""
    folder, run_id, url, terms = sys.argv[1:]
    try:
        campaigns.dispatch(run_id, state=State(Path(folder)), gateway_url=url, ignore_window=True,
                           terms=Gateway.model_validate_json(terms))  # fmt: skip
    except ReceivablesError as error:
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
