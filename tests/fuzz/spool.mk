# Fuzz targets of spool.
