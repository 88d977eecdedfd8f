/*
 * Inside tlsq whatif: what the replay found, for the two ways of printing it.
 */
#ifndef TLSQ_CLI_WHATIF_IMPL_H
#define TLSQ_CLI_WHATIF_IMPL_H

#include <stdint.h>

#include "base/hash.h"
#include "cli/command_impl.h"
#include "conf/config.h"

enum whatif_outcome {
	WHATIF_DELIVERED, WHATIF_DEFERRED, WHATIF_FAILED, WHATIF_UNKNOWN,
	WHATIF_OUTCOMES
};
extern const char *const cli_whatif_names[WHATIF_OUTCOMES];

/* A number of messages, each counted once: its recipients follow each other. */
struct cli_whatif_count {
	int64_t messages, last_message;
};

struct cli_whatif_domain {
	UT_hash_handle hh;
	int64_t attempts;
	/* Messages by what became of them, and what would have. */
	struct cli_whatif_count to[WHATIF_OUTCOMES][WHATIF_OUTCOMES];
	/* One attempt for each change, to check by hand. */
	struct {
		int64_t id, at;
		const char *why;	/* static, or NULL */
	} example[WHATIF_OUTCOMES][WHATIF_OUTCOMES];
	/* --probe */
	bool probed;
	enum whatif_outcome found;
	char why[300];
	char name[];
};

struct cli_whatif {
	const char *strategy;		/* id; of --shadow: what was in force */
	bool shadow, json, probe;
	int64_t since, first_at, last_at; /* 0: no attempt */
	int64_t attempts, agree, disagree, unsure, disagree_id;
	struct cli_whatif_count all[WHATIF_OUTCOMES][WHATIF_OUTCOMES];
	struct cli_whatif_domain *domains;
};

void cli_whatif_print(const struct cli_whatif *w, bool all);
void cli_whatif_print_json(const struct cli_whatif *w);

#endif
