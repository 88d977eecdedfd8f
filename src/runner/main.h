/*
 * tlsq-runner, from its command line to its exit code.
 */
#ifndef TLSQ_RUNNER_MAIN_H
#define TLSQ_RUNNER_MAIN_H

int runner_main(int argc, char **argv);

#endif
