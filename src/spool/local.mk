# Sources of spool.
