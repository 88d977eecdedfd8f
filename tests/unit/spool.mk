# Unit tests of spool.
