# Sources of tls.
