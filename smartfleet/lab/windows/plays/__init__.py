"""What modules and scripts do on an emulated machine.

This package imports the modules' own shared code, which Ansible carries to Linux hosts: `machine.run_module` makes it
importable first.
"""
