"""Where the shards of a wave run: child processes of the controller, workers behind ssh, workers of a Dask cluster."""
