"""The doctor for Windows hosts, on the ways that Ansible's connection plugins winrm and psrp take."""
