"""Workers of a Dask cluster, under a strict profile: Dask finds a free worker, and that is all it decides.

The task that it runs holds no order. It starts a worker program and says whose it is; the controller then hands over
header and payload itself, once. So a task that Dask runs a second time has nothing to work on, and no order is ever
kept in the scheduler.
"""
