"""Drafts a new department's contract and models from a sample of its file (連携の下書き)."""

from receivables.sources.drafting import draft

__all__ = ["draft"]
