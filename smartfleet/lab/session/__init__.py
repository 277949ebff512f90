"""A desktop session's bus with a Secret Service on it, for hosts that have neither D-Bus nor a keyring."""
