"""`smartfleet worker`: carries one shard on this machine, whoever asks for it over stdin."""
