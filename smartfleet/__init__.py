"""Move a fleet's Nextcloud desktop clients to a new server name, without a second download, and prove it."""

__version__ = "0.1.0"
