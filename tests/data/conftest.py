"""Data for tests: the scripts in here were written for earlier versions of the code."""

collect_ignore_glob = ["*"]
