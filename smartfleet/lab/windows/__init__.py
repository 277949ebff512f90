r"""Emulated Windows machines: a folder for ``C:\``, JSON for what is no file, Python for what PowerShell would do."""
