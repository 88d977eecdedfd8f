/*
 * The administrator's command, tlsq: reads the command line, runs a subcommand
 * and reports errors.  Called by main() only.
 */
#ifndef TLSQ_CLI_CLI_H
#define TLSQ_CLI_CLI_H

/* The whole program; the result is its exit code (sysexits.h). */
int cli_main(int argc, char **argv);

#endif
