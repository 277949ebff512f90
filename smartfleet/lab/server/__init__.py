"""A Nextcloud-compatible server as far as desktop clients and smartfleet look at it."""
