"""名寄せ by evidence: tables of persons in, pairs with reasons and lasting groups out; it knows no PostgreSQL."""

from receivables.identity.matching.bounds import Bound, confirmed_bound, proven_bound
from receivables.identity.matching.declaration import Declaration, japanese, read
from receivables.identity.matching.delta import Part, part
from receivables.identity.matching.resolving import Resolution, resolve
from receivables.identity.matching.scoring import Model

__all__ = [
    "Bound", "Declaration", "Model", "Part", "Resolution", "confirmed_bound", "japanese", "part", "proven_bound",
    "read", "resolve",
]  # fmt: skip
