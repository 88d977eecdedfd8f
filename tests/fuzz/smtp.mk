# Fuzz targets of smtp.
