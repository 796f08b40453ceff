"""Whether Pay-easy and eL-QR can come (ペイジー・eL-QR の準備状況), per kind of claim, with the facts beside."""

from receivables.migration.readiness.matrix import CHANNELS_JA, STATES_JA, Matrix, Readiness, Way, matrix
from receivables.migration.readiness.page import readiness_page

__all__ = ["CHANNELS_JA", "STATES_JA", "Matrix", "Readiness", "Way", "matrix", "readiness_page"]
