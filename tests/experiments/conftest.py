"""The hand-made warehouse and the carriers of the campaigns' room, which this room measures."""

from tests.campaigns.conftest import campaign_state, carrier, no_holdout, simulator, world

__all__ = ["campaign_state", "carrier", "no_holdout", "simulator", "world"]
