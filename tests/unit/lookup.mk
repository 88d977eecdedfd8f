# Unit tests of lookup.
