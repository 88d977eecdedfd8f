dnl Placeholder replaced by the module that owns it (src/tls).
