"""Runs over hosts: the inventory, the child process with Ansible, and the four verbs that work on hosts."""
