"""What the commands do: one file per command, imported when it is called."""
