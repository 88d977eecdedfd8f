# Sources of net.
