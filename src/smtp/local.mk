# Sources of smtp.
