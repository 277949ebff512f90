"""WS-Man endpoints of emulated Windows machines: real Ansible, pywinrm and pypsrp talk to them."""
