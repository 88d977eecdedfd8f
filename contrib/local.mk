# What an administrator installs beside the programs.
