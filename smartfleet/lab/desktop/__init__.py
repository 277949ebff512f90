"""A stand-in for the Nextcloud desktop client: it does what smartfleet looks at, with the files the real one writes.

It was written after runs of the real client 3.7.3 and keeps its rules: the configuration is read once and written when
it quits, the journal is locked while it runs, the password comes from the Secret Service under a name that holds the
URL, and a journal that does not belong to the server makes it delete local files.
"""
