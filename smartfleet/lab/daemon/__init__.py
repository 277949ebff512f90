"""The lab's one background process: servers, SSH hosts and session buses, steered over a control connection."""
