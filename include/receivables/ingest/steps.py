"""The three steps of intake (受領・検査・取込). Each may be repeated, so it is, when the database was busy."""

from receivables.db import patiently
from receivables.ingest import checking, landing, loading

land = patiently(landing.land)
check = patiently(checking.check)
load = patiently(loading.load)
