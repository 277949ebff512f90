"""Machines that work for a controller: on each one sshd and a Dask worker may start `smartfleet worker`."""
