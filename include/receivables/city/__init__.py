"""The synthetic ward (模擬の区): people, departments' systems, planted faults, and the truth about them.

No pipeline code reads `truth/`. No file here is written with the pipeline's own contracts:
the departments lay out their files themselves, so that a mistake in a contract is seen.
"""

from receivables.city.ward import make

__all__ = ["make"]
