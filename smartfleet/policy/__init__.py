"""Judges what is known of a host against the policy: facts, outcomes and verdicts in, answers out. Pure."""
