# Unit tests of runner.
