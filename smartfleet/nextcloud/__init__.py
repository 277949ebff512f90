"""What a Nextcloud desktop client is, on disk: its configuration file, its journals, the names of its secrets.

Nothing here opens a connection or starts a process; `server` is handed its HTTP client. `qsettings`, `inivalues`,
`accounts`, `names`, `journal` and `inverse` also run on managed hosts (the collection links to them): Python 3.9,
standard library only, relative imports, plain `ValueError` and `OSError`.
"""
