"""A small fleet on loopback: a server, SSH hosts and desktops, for the demo and the tests."""
