# Fuzz targets of tls.
