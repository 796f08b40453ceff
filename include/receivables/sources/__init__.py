"""Drafts a new department's contract and models from samples of its files (連携の下書き)."""

from receivables.sources.drafting import draft
from receivables.sources.samples import Options

__all__ = ["Options", "draft"]
