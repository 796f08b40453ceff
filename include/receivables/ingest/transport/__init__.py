"""How files come (受渡し): from a department's server into the drop folder, whole or not at all."""

from receivables.ingest.transport.fetching import CONNECTION_FILE, fetch

__all__ = ["CONNECTION_FILE", "fetch"]
