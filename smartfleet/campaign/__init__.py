"""Runs over hosts: the inventory, the shards that workers carry out, and the verbs that work on hosts."""
