# Fuzz targets of conf.
