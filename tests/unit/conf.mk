# Unit tests of conf.
