# Sources of conf.
