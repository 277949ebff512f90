"""Stands in for ansible-runner in the workers of `bench/scale.py`: no host is connected to."""
