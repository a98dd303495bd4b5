"""Runs that are answered in batches, hours later: waves of files, what is on record of them, what is due next."""
