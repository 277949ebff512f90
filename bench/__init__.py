"""Measurements that print their figures; `python -m bench` lists and runs them."""
