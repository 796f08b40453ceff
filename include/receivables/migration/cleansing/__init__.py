"""Cleansing before the move (データクレンジング): which defects stand in whose way, and whether they fall."""

from receivables.migration.cleansing.burning import BurnDown, burn_down
from receivables.migration.cleansing.chart import burn_down_page
from receivables.migration.cleansing.measuring import DefectCount, cases, measure

__all__ = ["BurnDown", "DefectCount", "burn_down", "burn_down_page", "cases", "measure"]
