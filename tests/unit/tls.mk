# Unit tests of tls.
