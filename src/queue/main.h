/*
 * tlsq-runner, from its command line to its exit code.  Called by main() only.
 */
#ifndef TLSQ_QUEUE_MAIN_H
#define TLSQ_QUEUE_MAIN_H

int queue_main(int argc, char **argv);

#endif
