/*
 * The administrator's command, tlsq: reads the command line, runs a subcommand,
 * says what went wrong.
 */
#ifndef TLSQ_CLI_CLI_H
#define TLSQ_CLI_CLI_H

/* The whole program; the result is its exit code (sysexits.h). */
int cli_main(int argc, char **argv);

#endif
